"""`skinedge bench tables`: a measurement as a table and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import need_extra


def tables(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Results of skinedge bench.")],
    picture: Annotated[Path | None, typer.Option(help="Also draw latency, agreement and size.", metavar="SVG")] = None,
) -> None:
    """Prints a measurement as a Markdown table, and draws it.

    \b
    Example:
      skinedge bench tables results.json --picture results.svg
    """
    from skinedge.benchmark.results import Results
    from skinedge.benchmark.tables import markdown, measured_on, rows

    found = Results.load(results)
    print(f"{measured_on(found)}\n\n{markdown(rows(found))}")
    if picture is not None:
        need_extra("train", "matplotlib")
        from skinedge.benchmark.picture import draw

        draw(found, picture)
