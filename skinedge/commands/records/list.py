"""`skinedge records list`: the visits, newest first; before them those that somebody must act on."""

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
    """Lists visits, newest first: time, id, decision, patient, outcome.

    Visits where something malignant was found and that were not referred come first, whatever --limit and --offset are.

    \b
    Example:
      skinedge records list --since 2026-01-01
    """
    from skinedge.records.display import record_json, record_line

    with open_records(records, passphrase_file) as store:
        start = since and since.astimezone()
        page = store.records(limit=limit, offset=offset, patient=patient, since=start)
        alerts = store.alerts(patient=patient, since=start)
    # Each visit once: what is among the alerts is not listed again.
    listed = (*alerts.records, *(record for record in page.records if record not in alerts.records))
    unreadable = tuple(dict.fromkeys((*page.unreadable, *alerts.unreadable)))
    if as_json:
        document = {
            "total": page.total,
            "alerts": alerts.total,
            "unreadable": unreadable,
            "records": [record_json(record) for record in listed],
        }
        print(json.dumps(document, indent=2))
    else:
        for record in listed:
            print(record_line(record))
        print(f"{len(listed)} of {page.total} visits", file=sys.stderr)
        if alerts.total:
            print(f"malignant and not referred: {alerts.total}", file=sys.stderr)
    for visit_id in unreadable:
        print(f"skinedge: visit {visit_id} cannot be read: run skinedge records verify", file=sys.stderr)
