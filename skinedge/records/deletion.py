"""Deletes a patient, so that the files of the store hold nothing of the patient that anybody can read."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from skinedge.errors import UnknownVisitError
from skinedge.records import drafts, ledger
from skinedge.records.database import Database
from skinedge.records.ledger import VisitRow
from skinedge.records.vault import Vault


@dataclass(frozen=True)
class Deletion:
    """The result of a deletion, with the copies that remain."""

    visit_ids: tuple[str, ...]
    backups: tuple[str, ...]
    """File names of backups that were made while the store held this patient, and still hold them: delete those too."""
    swept: bool
    """False where another program was reading all the while: encrypted bytes stay in the write-ahead file until it stops."""


def delete_patient(database: Database, vault: Vault, patient: str, *, reason: str, by: str) -> Deletion:
    """Destroys the keys, payloads and photos of all visits of a patient, finished or not, and logs each visit's deletion.

    SQLite overwrites deleted rows with zeros (secure_delete), and the write-ahead file is emptied. Pieces of rows that moved
    within the file as a table grew might outlast that, and so may blocks that a file system or a memory card set aside. Of
    the keys no copy stays in the file, because their table is written anew; whatever is left of the rest is noise without.

    Raises: UnknownVisitError where there is no visit of this patient.
    """
    with database.write() as connection:
        columns = f"SELECT {VisitRow.COLUMNS} FROM visit WHERE patient_mac = ? ORDER BY sequence"
        rows = [VisitRow(*row) for row in connection.execute(columns, [vault.patient_mac(patient)])]
        if not rows:
            raise UnknownVisitError(f"there is no visit of patient {patient!r}: skinedge records list shows the spelling")
        backups = _backups_since(connection, vault, rows[0].sequence)
        for row in rows:
            _delete_visit(connection, vault, row, {"reason": reason, "by": by})
        _write_keys_anew(connection)
        drafts.wipe_patient(connection, vault.patient_mac(patient))
    return Deletion(tuple(row.visit_id for row in rows), backups, swept=database.sweep())


def _delete_visit(connection: sqlite3.Connection, vault: Vault, row: VisitRow, note: dict[str, str]) -> None:
    of_visit = "sequence IN (SELECT sequence FROM log WHERE visit_id = ?)"
    for table in ("payload", "photo"):
        connection.execute(f"DELETE FROM {table} WHERE {of_visit}", [row.visit_id])
    connection.execute("DELETE FROM visit WHERE sequence = ?", [row.sequence])
    model = ledger.model_of(connection, row)
    ledger.append_note(connection, vault, "deletion", note, visit_id=row.visit_id, model=model)


def _write_keys_anew(connection: sqlite3.Connection) -> None:
    kept = [VisitRow(*row) for row in connection.execute(f"SELECT {VisitRow.COLUMNS} FROM visit ORDER BY sequence")]
    # Without a condition, SQLite frees whole pages, and overwrites them whole.
    connection.execute("DELETE FROM visit")
    for row in kept:
        ledger.write_visit_row(connection, row)


def _backups_since(connection: sqlite3.Connection, vault: Vault, sequence: int) -> tuple[str, ...]:
    # The one that this store was restored from is a backup, too.
    kinds = ("backup", "restore")
    entries = [entry for entry, _ in ledger.entries(connection) if entry.kind in kinds and entry.sequence > sequence]
    return tuple(ledger.open_note(connection, vault, entry)["file"] for entry in entries)
