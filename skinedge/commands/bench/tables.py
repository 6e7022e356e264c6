"""`skinedge bench tables`: a measurement as a table and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import need_extra
from skinedge.files import check_place, check_suffix


def tables(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Results of skinedge bench.")],
    picture: Annotated[Path | None, typer.Option(help="Also draw latency, agreement and size.", metavar="SVG")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a document.")] = False,
) -> None:
    """Prints a measurement as tables of 80 columns or as one in Markdown, and draws it.

    \b
    Example:
      skinedge bench tables results.json --picture results.svg
    """
    from rich.console import Console

    from skinedge.benchmark.results import Results
    from skinedge.benchmark.tables import markdown_table, measured_on, rows, terminal_tables

    if picture is not None:
        check_suffix(picture, "--picture", ".svg")
        check_place(picture, "--picture")
    found = Results.load(results)
    print(f"{measured_on(found)}\n")
    if markdown:
        print(markdown_table(rows(found)))
    else:
        Console().print(*terminal_tables(found), sep="\n\n")
    if picture is not None:
        need_extra("train", "matplotlib")
        from skinedge.benchmark.picture import draw

        draw(found, picture)
