"""Visits under way, in the file of a store: parts of bytes by name, sealed under a random key for each draft.

A draft is a row and not yet a record: the log does not know it, backups leave it out, and wiping it destroys its key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from skinedge.errors import DamagedRecordError, UnknownDraftError
from skinedge.records.database import Database
from skinedge.records.vault import Cipher, Place, Vault, new_key

FINISHED = 500
"""How many finished drafts are remembered, so that a form that is sent again leads to the visit."""


@dataclass(frozen=True)
class DraftRows:
    """The drafts of an open store, durable when a method returns. All methods raise StoreError, as those of the store do."""

    database: Database
    vault: Vault
    need_room: Callable[[int], None]
    """Raises DiskFullError where so many bytes do not fit."""

    def add(self, draft_id: str, parts: Mapping[str, bytes], *, patient: str = "") -> None:
        """Begins a draft, in the place of one of this id."""
        self.need_room(sum(map(len, parts.values())))
        with self.database.write() as connection:
            wipe(connection, [draft_id])
            wrapped = self.vault.draft_keys.seal(new_key(), **_place(self.vault, draft_id, "key"))
            connection.execute(
                "INSERT INTO draft (draft_id, patient_mac, wrapped_key) VALUES (?, ?, ?)",
                (draft_id, self._patient_mac(patient), wrapped),
            )
            self._write(connection, draft_id, parts)

    def keep(self, draft_id: str, parts: Mapping[str, bytes], *, patient: str = "") -> None:
        """Replaces parts of a draft, all or none. Raises: UnknownDraftError where it is finished or wiped by now."""
        self.need_room(sum(map(len, parts.values())))
        with self.database.write() as connection:
            connection.execute("UPDATE draft SET patient_mac = ? WHERE draft_id = ?", (self._patient_mac(patient), draft_id))
            self._write(connection, draft_id, parts)

    def read(self, draft_id: str, part: str) -> bytes | None:
        """A part of a draft; None where it has none. Raises: UnknownDraftError, DamagedRecordError."""
        with self.database.read() as connection:
            return _read(connection, self.vault, draft_id, part)

    def all(self, part: str) -> dict[str, bytes | None]:
        """A part of every draft, oldest draft first; None where it is damaged or missing."""
        with self.database.read() as connection:
            return {draft_id: _opened(connection, self.vault, draft_id, part) for draft_id in _ids(connection)}

    def visit_of(self, draft_id: str) -> str | None:
        """The id of the visit that a draft became."""
        with self.database.read() as connection:
            row = connection.execute("SELECT visit_id FROM finished_draft WHERE draft_id = ?", [draft_id]).fetchone()
        return row[0] if row else None

    def last_event_at(self) -> datetime:
        """When something was last written to the log."""
        with self.database.read() as connection:
            row = connection.execute("SELECT time FROM log ORDER BY sequence DESC LIMIT 1").fetchone()
        return datetime.fromisoformat(row[0])

    def wipe(self, *draft_ids: str) -> None:
        """Destroys drafts. One that is not there is no error."""
        with self.database.write() as connection:
            wipe(connection, draft_ids)
        self.sweep()

    def sweep(self) -> None:
        """Takes what was wiped, and its keys, out of the write-ahead file too, unless another program is reading."""
        self.database.sweep(wait=False)

    def _write(self, connection: sqlite3.Connection, draft_id: str, parts: Mapping[str, bytes]) -> None:
        cipher = _cipher(connection, self.vault, draft_id)
        for part, data in parts.items():
            sealed = cipher.seal(data, **_place(self.vault, draft_id, part))
            connection.execute("INSERT OR REPLACE INTO draft_part VALUES (?, ?, ?)", (draft_id, part, sealed))

    def _patient_mac(self, patient: str) -> bytes | None:
        return self.vault.patient_mac(patient) if patient else None


def finish(connection: sqlite3.Connection, draft_id: str, visit_id: str) -> None:
    """Destroys a draft in the transaction that keeps it as a visit. Raises: UnknownDraftError where it is not there."""
    if connection.execute("SELECT 1 FROM draft WHERE draft_id = ?", [draft_id]).fetchone() is None:
        raise _unknown()
    wipe(connection, [draft_id])
    connection.execute("INSERT INTO finished_draft (draft_id, visit_id) VALUES (?, ?)", (draft_id, visit_id))
    connection.execute("DELETE FROM finished_draft WHERE number <= (SELECT max(number) FROM finished_draft) - ?", [FINISHED])


def wipe_patient(connection: sqlite3.Connection, patient_mac: bytes) -> None:
    """Destroys the drafts of a patient, in the transaction that deletes the visits."""
    found = connection.execute("SELECT draft_id FROM draft WHERE patient_mac = ?", [patient_mac])
    wipe(connection, [row[0] for row in found])


def wipe(connection: sqlite3.Connection, draft_ids: Iterable[str]) -> None:
    """Deletes rows, and writes the keys that stay anew: so no copy of the others remains, as `deletion` explains."""
    for draft_id in draft_ids:
        for table in ("draft_part", "draft"):
            connection.execute(f"DELETE FROM {table} WHERE draft_id = ?", [draft_id])
    kept = connection.execute("SELECT * FROM draft ORDER BY number").fetchall()
    connection.execute("DELETE FROM draft")
    connection.executemany("INSERT INTO draft VALUES (?, ?, ?, ?)", kept)


def problems(connection: sqlite3.Connection, vault: Vault) -> Iterator[str]:
    """For `verify`: one line for each part of a draft that does not open, or that no draft owns."""
    known = set(_ids(connection))
    for draft_id, part in connection.execute("SELECT draft_id, part FROM draft_part ORDER BY draft_id, part").fetchall():
        if draft_id not in known or _opened(connection, vault, draft_id, part) is None:
            yield f"the {part} of an unfinished visit does not open: it was changed, or moved from another place"


def _read(connection: sqlite3.Connection, vault: Vault, draft_id: str, part: str) -> bytes | None:
    cipher = _cipher(connection, vault, draft_id)
    row = connection.execute("SELECT sealed FROM draft_part WHERE draft_id = ? AND part = ?", (draft_id, part)).fetchone()
    return cipher.open(row[0], **_place(vault, draft_id, part)) if row else None


def _opened(connection: sqlite3.Connection, vault: Vault, draft_id: str, part: str) -> bytes | None:
    try:
        return _read(connection, vault, draft_id, part)
    except DamagedRecordError:
        return None


def _cipher(connection: sqlite3.Connection, vault: Vault, draft_id: str) -> Cipher:
    row = connection.execute("SELECT wrapped_key FROM draft WHERE draft_id = ?", [draft_id]).fetchone()
    if row is None:
        raise _unknown()
    return Cipher(vault.draft_keys.open(row[0], **_place(vault, draft_id, "key")))


def _unknown() -> UnknownDraftError:
    return UnknownDraftError("this visit is not under way any more: look for it in the list, or start a new one")


def _place(vault: Vault, draft_id: str, part: str) -> dict[str, Place]:
    return {"what": f"draft {part}", "store_id": vault.store_id, "draft_id": draft_id}


def _ids(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT draft_id FROM draft ORDER BY number")]
