"""No number in the documents is typed in: each is what the results give."""

from __future__ import annotations

import re

import pytest

from benchmarks import ROOT
from benchmarks.documents import DOCUMENTS, MarkError, Values, fill, outside_marks
from benchmarks.figures import FIGURES

ROUND = {"value": {"ms": 12.345, "count": 5000}}
MEASURED = re.compile(r"\d[\d.,]*(?: to \d[\d.,]*)?\s?(?:ms|s|seconds?|minutes?|hours?|MB|MiB|GiB|kB|%|times)(?![\w%])")
TOLD = {
    "95 %": "how wide an interval is",
    "99 %": "how wide an interval is",
    "448 x 448": "the contract",
}
"""What may be typed in, and why."""


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_is_what_the_results_give(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text(encoding="utf-8")
    assert text == fill(text, Values(FIGURES)), "run make documents"


@pytest.mark.parametrize(
    "path",
    [path for path in DOCUMENTS if path.name != "results.md"],  # which `skinedge reproduce` writes
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_nothing_measured_is_typed_in(path) -> None:  # type: ignore[no-untyped-def]
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", outside_marks(path.read_text(encoding="utf-8")), flags=re.DOTALL)
    assert [found for found in MEASURED.findall(prose) if found not in TOLD] == []


def test_marks_hold_what_they_say() -> None:
    text = "It takes <!--= {value[ms]:.1f} ms -->old<!--/-->, <!--= {value[count]:,} times --><!--/-->.\n"
    filled = fill(text, ROUND)
    assert (
        filled
        == "It takes <!--= {value[ms]:.1f} ms -->12.3 ms<!--/-->, <!--= {value[count]:,} times -->5,000 times<!--/-->.\n"
    )
    assert fill(filled, ROUND) == filled
    assert fill(filled, {"value": {"ms": 1, "count": 2}}) != filled
    assert outside_marks(filled) == "It takes , .\n"
    block = "# Title\n\n<!--= {table} -->\nold\nlines\n<!--/-->\n"
    assert fill(block, {"table": "| a |\n| --- |"}) == "# Title\n\n<!--= {table} -->\n| a |\n| --- |\n<!--/-->\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("takes <!--= {value[seconds]} -->1<!--/-->", "seconds"),
        ("takes <!--= {nowhere[ms]} -->1<!--/-->", "no results of the name 'nowhere'"),
        ("takes\n<!--= {value[ms]} -->1<!--/--> ms", "begins a line"),
        ("takes <!--= {value[ms]:d} -->1<!--/-->", "format code"),
    ],
)
def test_a_mark_that_cannot_be_filled_is_named(text: str, told: str) -> None:
    values = Values({"value": lambda: ROUND["value"]})
    with pytest.raises(MarkError, match=told):
        fill(text, values)
