"""`make degraded`: what is said of real malignant photos that were made worse on purpose; `results/degraded.json`.

Of each malignant photo that the model refers when it is sharp, with the recorded answers or without any, it screens every
copy of `benchmarks.degradations`. None may be told to watch. The embedded model has seen these photos in training. A run
that was stopped goes on where it was: `build/degraded/` has a line for each photo.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image

from benchmarks import RESULTS, ROOT, real_photos
from benchmarks.degradations import DEGRADATIONS, THINGS, Pixels, draw_thing
from skinedge.benchmark.results import write_stamped
from skinedge.codes import Decision
from skinedge.contract import Answer
from skinedge.datasets.pad_ufes_20 import Record, read_pad_ufes_20
from skinedge.progress import track
from skinedge.screening.screener import Screener

ANSWERED, BLANK = "recorded answers", "no answers"
SHARP, BY_SCORE = "as it is", "watch by the score alone"
AGAIN: Decision = "photograph again"
SIDE_PX = 300
Row = dict[str, dict[str, str]]
"""By answers and degradation: what was said, see `_said`."""


def examine(screener: Screener, photo: Pixels, answers: Mapping[str, Answer]) -> Row:
    """What is said of one photo and its copies, for each set of answers with which it is referred as it is."""
    sharp = {name: screener.screen(photo, given, insist=True) for name, given in ((ANSWERED, answers), (BLANK, {}))}
    said: Row = {name: {} for name, result in sharp.items() if (result.malignancy_score or 0) >= result.refer_threshold}
    for degradation in (SHARP, *DEGRADATIONS) if said else ():
        copy = photo if degradation == SHARP else DEGRADATIONS[degradation](photo)
        with_answers = _said(screener, copy, answers)
        if ANSWERED in said:
            said[ANSWERED][degradation] = with_answers
        if BLANK in said:
            # Answers change nothing in what the pixels say.
            warned = with_answers.startswith(AGAIN)
            said[BLANK][degradation] = AGAIN if warned else _said(screener, copy, {})
    return said


def things(screener: Screener, *, seeds: int) -> dict[str, dict[str, int]]:
    """Decisions on drawn things that are no skin, without answers."""
    return {
        thing: _counts(_said(screener, draw_thing(thing, 2 * SIDE_PX, seed=seed), {}) for seed in range(seeds))
        for thing in THINGS
    }


def document(rows: Iterable[Row], drawn: Mapping[str, Mapping[str, int]]) -> dict[str, object]:
    """By set of answers and degradation: how many photos got which decision."""
    found = list(rows)
    return {
        "protocol": "malignant photos of PAD-UFES-20 (development) that the embedded model refers when sharp; in training",
        "photos": {name: sum(name in row for row in found) for name in (ANSWERED, BLANK)},
        "decisions": {
            name: {
                degradation: _counts(row[name][degradation] for row in found if name in row)
                for degradation in (SHARP, *DEGRADATIONS)
            }
            for name in (ANSWERED, BLANK)
        },
        "things": drawn,
    }


def _said(screener: Screener, photo: Pixels, answers: Mapping[str, Answer]) -> str:
    """The decision; with `BY_SCORE` after it where only the check of the pixels keeps the program from "watch"."""
    # Insisting gives the score as well; without a warning it changes nothing.
    result = screener.screen(photo, answers, insist=True)
    decision = AGAIN if result.advice else result.decision
    watch_below = result.refer_threshold if result.watch_below is None else result.watch_below
    by_score = result.malignancy_score is not None and result.malignancy_score < watch_below
    return f"{decision}, {BY_SCORE}" if by_score else decision


def _counts(said: Iterable[str]) -> dict[str, int]:
    counts = Counter[str]()
    for text in said:
        decision, _, by_score = text.partition(", ")
        counts.update([decision, *([by_score] if by_score else [])])
    return {name: counts[name] for name in (*get_args(Decision), BY_SCORE)}


def _examined(screener: Screener, records: Iterable[Record], log: Path) -> list[Row]:
    log.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    done: dict[str, Row] = {line["photo"]: line["said"] for line in lines}
    questions = {field.name for field in screener.contract.fields}
    with log.open("a") as file:
        for record in track(list(records), "photos"):
            if record.image_id in done:
                continue
            assert record.photo is not None
            with record.photo.open() as stream:
                photo = np.asarray(Image.open(stream).convert("RGB"))
            answers = {name: answer for name, answer in record.answers.items() if name in questions}
            done[record.image_id] = examine(screener, photo, answers)
            file.write(json.dumps({"photo": record.image_id, "said": done[record.image_id]}) + "\n")
            file.flush()
    return list(done.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, help="how many malignant photos, drawn at random; all where left out")
    screener = Screener(threads=1)
    malignant = [
        record
        for record in read_pad_ufes_20(real_photos()).with_photos()
        if record.label in screener.contract.malignant_labels
    ]
    random.Random(0).shuffle(malignant)
    log = ROOT / "build" / "degraded" / f"{screener.model_sha256[:12]}.jsonl"
    rows = _examined(screener, malignant[: parser.parse_args().photos], log)
    write_stamped(RESULTS / "degraded.json", document(rows, things(screener, seeds=20)))


if __name__ == "__main__":
    main()
