"""`skinedge records list`: the visits, newest first."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Annotated

import typer

from skinedge.commands.options import AsJson
from skinedge.commands.records.options import PassphraseFile, Records, open_records


def list_(
    patient: Annotated[str | None, typer.Option(help="Only this patient's.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only from this day on.", formats=["%Y-%m-%d"])] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    offset: Annotated[int, typer.Option(help="How many to leave out first.", min=0)] = 0,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Lists visits, newest first: time, id, advice or override, patient, outcome.

    \b
    Example:
      skinedge records list --since 2026-01-01
    """
    from skinedge.records.display import record_json, record_line

    with open_records(records, passphrase_file) as store:
        page = store.records(limit=limit, offset=offset, patient=patient, since=since and since.astimezone())
    if as_json:
        listed = [record_json(record) for record in page.records]
        print(json.dumps({"total": page.total, "unreadable": page.unreadable, "records": listed}, indent=2))
    else:
        for record in page.records:
            print(record_line(record))
        print(f"{len(page.records)} of {page.total} visits", file=sys.stderr)
    for visit_id in page.unreadable:
        print(f"skinedge: visit {visit_id} cannot be read: run skinedge records verify", file=sys.stderr)
