"""The page on exporting: its table is the one that the results give."""

from __future__ import annotations

import json

from benchmarks.export_table import README, RESULTS, with_table


def test_the_table_is_made_from_the_results() -> None:
    text, results = README.read_text(encoding="utf-8"), json.loads(RESULTS.read_text(encoding="utf-8"))
    assert text == with_table(text, results), "run make documents"
    assert results and all(f"| {name} |" in text for name in results)
