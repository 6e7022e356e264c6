"""For whoever keeps a station's records: making a store, reading, checking, copying, deleting."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skinedge.commands.options import (
    NEW_PASSPHRASE_VARIABLE,
    RECORDS_PASSPHRASE_VARIABLE,
    AsJson,
    ask_records_passphrase,
)
from skinedge.errors import StoreError

if TYPE_CHECKING:
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
VisitId = Annotated[str, typer.Argument(help="Id of a visit, as on the slip.", metavar="VISIT")]
BackupFile = Annotated[Path, typer.Argument(help="File of the backup.", metavar="FILE")]


def init(records: Records = None, passphrase_file: PassphraseFile = None) -> None:
    """Makes an empty record store, encrypted under a passphrase that is asked for twice.

    \b
    Example:
      skinedge records init
    """
    from skinedge.records.store import RecordStore, default_folder

    folder = records or default_folder()
    passphrase = ask_records_passphrase(passphrase_file, twice=True)
    with RecordStore.create(folder, passphrase) as store:
        print(f"{folder}: an empty record store, whose log begins at {store.head()}")
    print("Keep the passphrase in a safe place: nobody can read the records without it.", file=sys.stderr)


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


def show(
    visit: VisitId,
    photo: Annotated[
        Path | None, typer.Option(help="Writes the photo to this new file, unencrypted.", metavar="FILE")
    ] = None,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Shows all that is kept of a visit.

    \b
    Example:
      skinedge records show 7K3Q9-D2MXA
    """
    from skinedge.records.display import record_json, record_lines
    from skinedge.records.visit import parse_visit_id

    visit_id = parse_visit_id(visit)
    with open_records(records, passphrase_file) as store:
        record, image = store.record(visit_id), store.photo(visit_id) if photo else None
    if photo:
        _write_photo(photo, image)
    print(json.dumps(record_json(record), indent=2) if as_json else "\n".join(record_lines(record)))


def log(records: Records = None, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Shows the log: what was added and deleted, when, and by which model.

    \b
    Example:
      skinedge records log
    """
    from skinedge.records.display import event_json, event_line

    with open_records(records, passphrase_file) as store:
        events = store.log()
    print(json.dumps([event_json(event) for event in events], indent=2) if as_json else "\n".join(map(event_line, events)))


def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(help="Head of the log as it was printed once; may be given again.", show_default=False),
    ] = None,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Looks for any edit, deletion or reordering of the records. Exits with 1 where it finds one.

    An older copy of the whole store that was put back is found only with a head that was printed since.

    \b
    Example:
      skinedge records verify --head 412:9f86d081884c7d65
    """
    from skinedge.records.chain import Head

    heads = [Head.parse(text) for text in head or ()]
    with open_records(records, passphrase_file) as store:
        problems = store.verify(*heads)
        now = None if problems else store.head()
    if as_json:
        print(json.dumps({"ok": not problems, "head": now and str(now), "problems": problems}, indent=2))
    else:
        print("\n".join(problems) or f"ok: nothing was changed; write down the head of the log: {now}")
    raise typer.Exit(int(bool(problems)))


def backup(file: BackupFile, records: Records = None, passphrase_file: PassphraseFile = None) -> None:
    """Writes an encrypted copy of all records to a new file. The passphrase of today opens it.

    \b
    Example:
      skinedge records backup /media/stick/records-2026-01-31.skinedge
    """
    with open_records(records, passphrase_file) as store:
        print(f"{file}: a backup, whose log ends at {store.backup(file)}")


def restore(file: BackupFile, records: Records = None, passphrase_file: PassphraseFile = None) -> None:
    """Makes a record store from a backup, where there is none, and checks it.

    Patients deleted after the backup are back in it: delete them again.

    \b
    Example:
      skinedge records restore /media/stick/records-2026-01-31.skinedge
    """
    from skinedge.records.store import RecordStore, default_folder

    folder = records or default_folder()
    with RecordStore.restore(file, folder, ask_records_passphrase(passphrase_file)) as store:
        problems, total = store.verify(), store.records(limit=0).total
    print(f"{folder}: {total} visits restored")
    for problem in problems:
        print(f"skinedge: {problem}", file=sys.stderr)
    raise typer.Exit(int(bool(problems)))


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


def change_passphrase(
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option(
            help=f"Its first line is the new one; else {NEW_PASSPHRASE_VARIABLE}, else it is asked.", metavar="FILE"
        ),
    ] = None,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sets another passphrase. Backups made before keep the old one.

    \b
    Example:
      skinedge records passphrase
    """
    with open_records(records, passphrase_file) as store:
        new = ask_records_passphrase(new_passphrase_file, variable=NEW_PASSPHRASE_VARIABLE, twice=True)
        store.change_passphrase(new)
    print("the passphrase was changed")


def open_records(records: Path | None, passphrase_file: Path | None) -> RecordStore:
    """Opens the store that the options name, with the passphrase that they, the environment or a person gives."""
    from skinedge.records.store import RecordStore, default_folder

    return RecordStore.open(records or default_folder(), ask_records_passphrase(passphrase_file))


def _write_photo(file: Path, photo: bytes | None) -> None:
    if photo is None:
        raise StoreError("the photo of this visit was not kept: leave out --photo")
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(photo)
    except OSError as error:
        raise StoreError(f"cannot write {file}: {error.strerror}; give another place") from None
