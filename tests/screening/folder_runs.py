"""Runs over a folder of photos, and what they wrote."""

from __future__ import annotations

import csv
from pathlib import Path

ANSWERS = "photo,age_years,itch,region\na.jpg,63,yes,face\nb.jpg,20,no,\n"
"""A table of answers for `photos`."""


def rows(out: Path) -> list[dict[str, str]]:
    with out.open(newline="") as file:
        return list(csv.DictReader(file))


def arguments(bundle: Path, photos: Path, out: Path) -> list[str]:
    return ["screen", str(photos), "--out", str(out), "--allow-unsigned", "--model", str(bundle)]
