"""Measurements of this repository's own model, and the documents that take their numbers from them."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
