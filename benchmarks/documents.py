"""Fills the numbers of the documents in from results: `make documents`. With --check it only says what is out of date.

A mark is a comment with a Python format string, then what it gives, then an empty mark:

    at most <!--= {station[memory_peak_mib]} MiB -->241 MiB<!--/-->

`{station[...]}` reads benchmarks/results/station.json, unless `benchmarks.figures` has a figure of that name. A mark that
stands alone on its line is filled with whole lines, such as a table.
"""

from __future__ import annotations

import argparse
import json
import re
import string
import sys
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import RESULTS, ROOT
from skinedge.files import write_whole

DOCUMENTS = tuple(
    path
    for pattern in ("README.md", "benchmarks/README.md", "export/README.md", "docs/*.md")
    for path in sorted(ROOT.glob(pattern))
)
_MARK = re.compile(r"(<!--= (?P<format>.+?) -->)(?P<lines>\n)?.*?(?P<end><!--/-->)", re.DOTALL)


class MarkError(Exception):
    """A mark cannot be filled: the message names the mark and what to do."""


class Values(dict[str, Any]):
    """Figures and the contents of results files by name, worked out when they are first asked for."""

    def __init__(self, figures: Mapping[str, Callable[[], Any]] | None = None) -> None:
        super().__init__()
        self.figures = figures or {}

    def __missing__(self, name: str) -> Any:
        path = RESULTS / f"{name}.json"
        if name in self.figures:
            self[name] = self.figures[name]()
        elif path.is_file():
            self[name] = json.loads(path.read_text(encoding="utf-8"))
        else:
            raise MarkError(f"no results of the name {name!r}: expected {path}, or a figure in benchmarks/figures.py")
        return self[name]


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with every mark filled. Raises: MarkError where one names what is not there, or breaks a paragraph."""

    def filled(mark: re.Match[str]) -> str:
        try:
            inside = string.Formatter().vformat(mark["format"], (), values)
        except (LookupError, AttributeError, TypeError, ValueError, OSError, StopIteration) as error:
            raise MarkError(f"mark {mark['format']!r}: {error!r}; correct it, or measure again") from None
        if mark["lines"]:
            return f"{mark[1]}\n{inside}\n{mark['end']}"
        # Markdown takes a comment at the beginning of a line for the end of a paragraph.
        if mark.start() == 0 or text[mark.start() - 1] == "\n":
            raise MarkError(f"mark {mark['format']!r} begins a line: put a word before it, or nothing after it")
        return f"{mark[1]}{inside}{mark['end']}"

    return _MARK.sub(filled, text)


def outside_marks(text: str) -> str:
    """What is typed in: the text without marks and what they hold."""
    return _MARK.sub("", text)


def main() -> int:
    """Fills all documents, or says which are out of date: exit code 1."""
    from benchmarks.figures import FIGURES, draw_pictures

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    values, outdated = Values(FIGURES), []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        try:
            now = fill(text, values)
        except MarkError as error:
            print(f"{path.relative_to(ROOT)}: {error}", file=sys.stderr)
            return 2
        if now != text:
            outdated.append(str(path.relative_to(ROOT)))
            if not arguments.check:
                write_whole(path, now)
    if not arguments.check:
        draw_pictures()
    if outdated:
        print(("out of date, run make documents: " if arguments.check else "brought up to date: ") + ", ".join(outdated))
    return int(arguments.check and bool(outdated))


if __name__ == "__main__":
    sys.exit(main())
