"""`skinedge records delete-patient`: destroys the visits of a patient."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from skinedge.commands.records.options import PassphraseFile, Records, open_records
from skinedge.errors import StoreError


def delete_patient(
    patient: Annotated[str, typer.Argument(help="Pseudonym of the patient.", metavar="PATIENT")],
    reason: Annotated[str, typer.Option(help="Why; the log keeps it, so it should name nobody.")],
    by: Annotated[str, typer.Option(help="Who deletes; the log keeps it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Destroys all visits of a patient for good. The log keeps that visits were deleted, not whose.

    \b
    Example:
      skinedge records delete-patient P-7K3Q9D --reason "asked for it" --by Ana
    """
    with open_records(records, passphrase_file) as store:
        total = store.records(patient=patient, limit=0).total
        if total and not yes:
            if not sys.stdin.isatty():
                raise StoreError("deleting is for good and nobody is here to confirm it: give --yes")
            typer.confirm(f"Destroy {total} visits for good?", abort=True, err=True)
        deletion = store.delete_patient(patient, reason=reason, by=by)
    print(f"deleted {len(deletion.visit_ids)} visits")
    for name in deletion.backups:
        print(f"A backup still holds them: {name}", file=sys.stderr)
    if not deletion.swept:
        print("Close other programs that use the records, so that the last encrypted bytes go too.", file=sys.stderr)
