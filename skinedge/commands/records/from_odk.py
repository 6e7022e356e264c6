"""`skinedge records from-odk`: from what ODK Collect brought back to a table of answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import Model
from skinedge.commands.records.options import OutFile, Overwrite


def from_odk(
    forms: Annotated[
        list[Path], typer.Argument(metavar="FORM", help="Forms from Collect (.xml) or tables from Central (.csv).")
    ],
    out: OutFile,
    model: Model = None,
    overwrite: Overwrite = False,
) -> None:
    """Turns what ODK Collect brought back into the table of answers that "skinedge screen" takes with a folder of photos.

    \b
    Example:
      skinedge records from-odk instances/*/*.xml --out answers.csv
    """
    from skinedge.exchange.delivery import check_place, deliver
    from skinedge.exchange.submissions import answers_csv, read_submissions
    from skinedge.runtime.bundle import default_bundle_path, open_bundle

    check_place(out, overwrite=overwrite)
    contract = open_bundle(model or default_bundle_path()).contract
    found = [submission for path in forms for submission in read_submissions(path, contract)]
    print(deliver(out, answers_csv(found, contract), overwrite=overwrite))
    print(f"{len(found)} forms with consent", file=sys.stderr)
