"""Measurements of this repository's own model, and the documents that take their numbers from them."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PHOTOS_VARIABLE = "SKINEDGE_DATA"
"""Names the folder of the real photos, for tests, benchmarks and the Makefile."""


def real_photos() -> Path:
    """Returns the folder of PAD-UFES-20, whose photos are patients' and never part of this repository; it may not exist."""
    return Path(os.environ.get(PHOTOS_VARIABLE) or ROOT.parent / "shared" / "pad-ufes-20")
