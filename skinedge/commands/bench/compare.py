"""`skinedge bench compare`: what became slower or faster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import AsJson


def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="Results of skinedge bench.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Results of skinedge bench, later or elsewhere.")],
    reference: Annotated[
        str | None, typer.Option(help="What both are held against.", show_default="a baseline that both measured")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Says what became slower or faster from A to B; ends with exit code 1 where something became slower.

    \b
    Example:
      skinedge bench compare last-week.json results.json
    """
    from rich.console import Console

    from skinedge.benchmark.comparison import compare as run
    from skinedge.benchmark.results import Results
    from skinedge.benchmark.tables import change_rows, terminal_table

    used, changes = run(Results.load(before), Results.load(after), reference=reference)
    if as_json:
        print(json.dumps({"reference": used, "changes": [change.model_dump() for change in changes]}))
    else:
        Console().print(terminal_table(change_rows(changes)))
        print(
            f"In units of {used}, measured in the same rounds." if used else "No reference: a busier machine looks slower."
        )
    if any(change.verdict == "slower" for change in changes):
        raise typer.Exit(1)
