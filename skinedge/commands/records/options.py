"""Options that the commands on records share."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skinedge.commands.options import (
    RECORDS_PASSPHRASE_VARIABLE,
    RECOVERY_KEY_VARIABLE,
    ask_records_passphrase,
    ask_recovery_key,
)

if TYPE_CHECKING:
    from skinedge.exchange.collection import Collection
    from skinedge.records.ledger import Secret
    from skinedge.records.store import RecordStore

Records = Annotated[
    Path | None,
    typer.Option(help="Folder of the records.", show_default="this user's folder for data", metavar="FOLDER"),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help=f"Its first line is the passphrase; else {RECORDS_PASSPHRASE_VARIABLE}, else it is asked.", metavar="FILE"
    ),
]
WithRecoveryKey = Annotated[
    bool,
    typer.Option(
        "--recovery-key", help=f"The passphrase is forgotten: ask for the recovery key, or take {RECOVERY_KEY_VARIABLE}."
    ),
]
VisitId = Annotated[str, typer.Argument(help="Id of a visit, as on the slip.", metavar="VISIT")]
BackupFile = Annotated[Path, typer.Argument(help="File of the backup.", metavar="FILE")]
OutFile = Annotated[Path, typer.Option(help="File to write.", metavar="FILE")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Write over a file that is there already.")]
Since = Annotated[
    datetime | None, typer.Option(help="Only visits from this day on.", formats=["%Y-%m-%d"], show_default="all")
]


def open_records(records: Path | None, passphrase_file: Path | None) -> RecordStore:
    """Opens the store that the options name, with the passphrase that they, the environment or a person gives."""
    from skinedge.records.store import RecordStore, default_folder

    return RecordStore.open(records or default_folder(), ask_records_passphrase(passphrase_file))


def ask_secret(passphrase_file: Path | None, *, recovery_key: bool) -> Secret:
    """The recovery key where the passphrase is forgotten, else the passphrase."""
    return ask_recovery_key() if recovery_key else ask_records_passphrase(passphrase_file)


def collect_visits(store: RecordStore, patient: str | None, since: datetime | None) -> Collection:
    from skinedge.exchange.collection import collect

    # A day starts by the clock of this machine.
    found = collect(store, patient=patient, since=since.astimezone() if since else None)
    if found.unreadable:
        ids = ", ".join(found.unreadable)
        print(f"left out, as they are damaged: {ids}; run skinedge records verify", file=sys.stderr)
    return found
