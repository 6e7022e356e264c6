"""Screens a folder of photos on all cores. One bad photo does not stop the rest, and a killed run can be resumed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, get_args

from skinedge.codes import Decision
from skinedge.contract import Frozen
from skinedge.errors import PhotoError
from skinedge.files import readable_name
from skinedge.preprocess.photo import held
from skinedge.progress import track
from skinedge.screening.answers_file import read_answers
from skinedge.screening.find_photos import find_photos
from skinedge.screening.results_file import LIST_SEPARATOR, Row, answer_cells, insisted_cell, results_file
from skinedge.screening.screener import Screener, ScreeningResult
from skinedge.words import Translator

LeftOut = Literal[
    "other_files", "hidden", "unreadable_folders", "rows_without_photo", "photos_without_answers", "no_longer_there"
]


class FolderSummary(Frozen):
    """Counts of the photos of a folder, by result, and what stayed out."""

    photos: int
    done_before: int
    """Photos whose rows an earlier run had written, and which nothing has changed since."""
    screened_again: int
    """Photos that had failed in an earlier run, or whose file, answers, model or `insist` were others."""
    decisions: Mapping[Decision, int]
    failed: int
    """Photos without a decision: the row says why."""
    left_out: Mapping[LeftOut, tuple[str, ...]]
    """Names of files, folders and rows that were not screened, or not with answers, by why."""
    out: str

    @property
    def incomplete(self) -> bool:
        """Whether a photo, or a row of answers, has no result."""
        return bool(self.failed or self.left_out["unreadable_folders"] or self.left_out["rows_without_photo"])


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

    Rows of an earlier run stay where the photo, the answers, the model and `insist` are the same; the others are made anew,
    behind them.

    Args:
        screener: made with threads=1, because each core works on one photo.
        words: the language of errors in the table.
        answers: a CSV file, see `read_answers`.
        workers: how many photos at a time; None for as many as there are cores.
        insist: answer although a warning stands, see `Screener.screen`.

    Raises: ConfigError, DataError, before any photo is screened.
    """
    below = find_photos(folder, apart=(out, answers))
    photos = below.photos
    table = read_answers(answers, screener.contract, photos) if answers else None
    given = table.by_photo if table else {}

    def inputs_of(photo: str) -> dict[str, str]:
        return {
            "photo": photo,
            **answer_cells(screener.contract, given.get(photo, {})),
            "insisted": insisted_cell(insist),
            "model_sha256": screener.model_sha256,
        }

    def row_of(photo: str) -> Row:
        try:
            result = screener.screen(folder / photo, given.get(photo, {}), insist=insist)
        except PhotoError as error:
            return inputs_of(photo) | {"decision": "", "error": " ".join(words.error(error, photo=photo).split())}
        return inputs_of(photo) | _result_cells(result)

    def kept(photo: str) -> bool:
        row = before[photo]
        same = row["decision"] and inputs_of(photo).items() <= row.items()
        return bool(same) and row["photo_sha256"] == _sha256(folder / photo, screener)

    with results_file(out, screener.contract) as file, ThreadPoolExecutor(workers or _cores()) as pool:
        before = dict(file.rows)
        known = [photo for photo in photos if photo in before]
        changed = {photo for photo, same in zip(known, pool.map(kept, known), strict=True) if not same}
        file.drop(changed)
        left = [photo for photo in photos if photo not in file.rows]
        try:
            for row in track(pool.map(row_of, left), "screening", total=len(left)):
                file.append(row)
        finally:
            pool.shutdown(cancel_futures=True)
        rows = file.rows
    found = Counter(rows[photo]["decision"] for photo in photos)
    stayed_out: dict[LeftOut, Iterable[str]] = {
        "other_files": below.other_files,
        "hidden": below.hidden,
        "unreadable_folders": below.unreadable_folders,
        "rows_without_photo": table.rows_without_photo if table else (),
        "photos_without_answers": [photo for photo in photos if photo not in given] if table else (),
        "no_longer_there": sorted(rows.keys() - set(photos)),
    }
    return FolderSummary(
        photos=len(photos),
        done_before=len(photos) - len(left),
        screened_again=len(changed),
        decisions={decision: found[decision] for decision in get_args(Decision)},
        failed=found[""],
        left_out={why: tuple(map(readable_name, names)) for why, names in stayed_out.items()},
        out=str(out),
    )


def _sha256(photo: Path, screener: Screener) -> str | None:
    """The SHA-256 of a photo as its result has it; None where it cannot be read."""
    try:
        return held(photo, screener.contract.image).sha256
    except PhotoError:
        return None


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


def _cores() -> int:
    # The cores that this process may use, where the system says; a container often gets fewer than there are.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
