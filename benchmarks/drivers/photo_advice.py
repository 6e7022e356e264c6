"""`make photo-advice`: how often real photos are given each advice, by skin type; `benchmarks/results/photo-advice.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from benchmarks import RESULTS, real_photos
from skinedge.benchmark.results import write_stamped
from skinedge.codes import AdviceCode
from skinedge.contract import ImageSpec
from skinedge.datasets.pad_ufes_20 import Record, read_pad_ufes_20
from skinedge.preprocess.photo import load_photo
from skinedge.screening.photo_check import check_photo

EVERYONE = "all"
NOT_RECORDED = "not recorded"


def count(records: Sequence[Record]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Photos by group, and advice by (group, code); "again", for any of it, and "unusable" are counted as codes."""
    photos: Counter[str] = Counter()
    given: Counter[tuple[str, str]] = Counter()
    for record in records:
        assert record.photo is not None
        check = check_photo(load_photo(record.photo, ImageSpec()))
        skin_type = record.answers["fitzpatrick_type"]
        for group in (EVERYONE, NOT_RECORDED if skin_type is None else f"type {float(skin_type):g}"):
            photos[group] += 1
            given.update((group, code) for code in check.advice)
            given[group, "again"] += bool(check.advice)
            given[group, "unusable"] += check.unusable is not None
    return photos, given


def document(photos: Counter[str], given: Counter[tuple[str, str]]) -> dict[str, object]:
    """Photos by group, and by advice how many of each group were given it."""
    groups = [EVERYONE, *sorted(photos.keys() - {EVERYONE, NOT_RECORDED}), NOT_RECORDED]
    codes = (*get_args(AdviceCode), "again", "unusable")
    return {
        "photos": {group: photos[group] for group in groups},
        "given": {code: {group: given[group, code] for group in groups} for code in codes},
    }


if __name__ == "__main__":
    found = document(*count(read_pad_ufes_20(real_photos()).with_photos()))
    write_stamped(RESULTS / "photo-advice.json", found)
