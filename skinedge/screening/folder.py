"""Screens a folder of photos on all cores. One bad photo does not stop the rest, and a killed run can be resumed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

from skinedge.codes import Decision
from skinedge.contract import Answer, Frozen
from skinedge.errors import ConfigError, PhotoError
from skinedge.preprocess.file_formats import PHOTO_SUFFIXES
from skinedge.progress import track
from skinedge.screening.answers_file import read_answers
from skinedge.screening.results_file import LIST_SEPARATOR, Row, answer_cells, appending, insisted_cell, read_results
from skinedge.screening.screener import Screener, ScreeningResult
from skinedge.words import Translator


class FolderSummary(Frozen):
    """Counts of the photos of a folder, by result."""

    photos: int
    done_before: int
    """Photos whose rows an earlier run had written."""
    without_answers: int
    """Photos that the table of answers does not name, so that the model imputed every answer."""
    other_files: int
    """Files in the folder that are neither JPEG nor PNG."""
    decisions: Mapping[Decision, int]
    failed: int
    """Photos without a decision: the row says why."""
    out: str


def screen_folder(
    folder: Path,
    screener: Screener,
    out: Path,
    words: Translator,
    *,
    answers: Path | None = None,
    workers: int | None = None,
    insist: bool = False,
) -> FolderSummary:
    """Screens every photo in a folder and its subfolders, and writes a row for each in the order of their names.

    Args:
        screener: made with threads=1, because each core works on one photo.
        words: the language of errors in the table.
        answers: a CSV file, see `read_answers`.
        workers: how many photos at a time; None for as many as there are cores.
        insist: answer although a warning stands, see `Screener.screen`.

    Raises: ConfigError, AnswerError, before any photo is screened.
    """
    photos, other_files = find_photos(folder, apart=(out, answers))
    table = read_answers(answers, screener.contract, photos) if answers else None
    given = table.by_photo if table else {}
    done = read_results(out, screener.contract, screener.model_sha256, given, insist=insist)
    rows = dict(done)
    left = [photo for photo in photos if photo not in done]

    def row_of(photo: str) -> Row:
        return _row(screener, folder, photo, given.get(photo, {}), words, insist=insist)

    with appending(out, screener.contract) as file, ThreadPoolExecutor(workers or _cores()) as pool:
        try:
            for row in track(pool.map(row_of, left), "screening", total=len(left)):
                file.append(row)
                rows[row["photo"]] = row
        finally:
            pool.shutdown(cancel_futures=True)
    found = Counter(rows[photo]["decision"] for photo in photos)
    return FolderSummary(
        photos=len(photos),
        done_before=len(photos) - len(left),
        without_answers=len(photos) - len(given),
        other_files=other_files,
        decisions={decision: found[decision] for decision in get_args(Decision)},
        failed=found[""],
        out=str(out),
    )


def find_photos(folder: Path, *, apart: tuple[Path | None, ...] = ()) -> tuple[list[str], int]:
    """Photos under a folder, as sorted paths in it with "/", and the number of other files, except those `apart`.

    Raises: ConfigError where there is no photo, or a name that would not fit in a line.
    """
    ours = {path.resolve() for path in apart if path is not None}
    files = [
        path for path in folder.rglob("*") if path.is_file() and path.resolve() not in ours and not _hidden(path, folder)
    ]
    photos = sorted(path.relative_to(folder).as_posix() for path in files if path.suffix.lower() in PHOTO_SUFFIXES)
    if not photos:
        raise ConfigError(f"no photo in {folder}: expected files that end in {', '.join(PHOTO_SUFFIXES)}")
    broken = [name for name in photos if not name.isprintable()]
    if broken:
        raise ConfigError(f"the name {broken[0]!r} holds a line break or the like: give the photo another name")
    return photos, len(files) - len(photos)


def _row(
    screener: Screener, folder: Path, photo: str, answers: Mapping[str, Answer], words: Translator, *, insist: bool
) -> Row:
    row = {
        "photo": photo,
        **answer_cells(screener.contract, answers),
        "insisted": insisted_cell(insist),
        "model_sha256": screener.model_sha256,
    }
    try:
        return row | _result_cells(screener.screen(folder / photo, answers, insist=insist))
    except PhotoError as error:
        return row | {"decision": "", "error": " ".join(words.error(error, photo=photo).split())}


def _result_cells(result: ScreeningResult) -> dict[str, str]:
    score, below = result.malignancy_score, result.watch_below
    return {
        "decision": result.decision,
        "reason": result.reason,
        "malignancy_score": "" if score is None else repr(score),
        "refer_threshold": repr(result.refer_threshold),
        "watch_below": "" if below is None else repr(below),
        **{f"probability_{label}": repr(probability) for label, probability in result.probabilities.items()},
        "imputed": LIST_SEPARATOR.join(result.imputed),
        "advice": LIST_SEPARATOR.join(result.advice),
        "photo_sha256": result.photo_sha256,
    }


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _cores() -> int:
    # The cores that this process may use, where the system says; a container often gets fewer than there are.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
