"""`skinedge records from-odk`: from what ODK Collect brought back to a table of answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import Model, need_extra
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
    need_extra("station", "defusedxml")
    from skinedge.exchange.delivery import check_place, deliver
    from skinedge.exchange.submissions import answers_csv, read_submissions
    from skinedge.runtime.bundle import default_bundle_path, open_bundle

    check_place(out, overwrite=overwrite)
    contract = open_bundle(model or default_bundle_path()).contract
    returned = [read_submissions(path, contract) for path in forms]
    found = [submission for one in returned for submission in one.submissions]
    print(deliver(out, answers_csv(found, contract), overwrite=overwrite))
    without_consent, rejected = (sum(getattr(one, name) for one in returned) for name in ("without_consent", "rejected"))
    print(f"{len(found)} forms with consent", file=sys.stderr)
    for count, why in ((without_consent, "without consent"), (rejected, "rejected in review")):
        if count:
            print(f"{count} forms {why}, left out", file=sys.stderr)
