"""The rows of a store: every event appends an entry to the log, its encrypted payload, and the new head."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from skinedge.errors import DamagedRecordError, StoreError
from skinedge.records.chain import BEFORE_THE_FIRST, Entry, Head, Kind, entry_sha256
from skinedge.records.recovery_key import RecoveryKey, RecoveryLock
from skinedge.records.vault import Cipher, Cost, Lock, Place, Vault, new_key

ENTRY_COLUMNS = (
    "sequence, time, kind, visit_id, model_name, model_sha256, payload_sha256, photo_sha256, previous_sha256, entry_sha256"
)
OF_A_PATIENT = frozenset({"visit", "override", "outcome"})
"""Kinds of entry whose payload goes when the patient is deleted."""

Secret = str | RecoveryKey
"""What opens a store: its passphrase, or its recovery key."""

_NO_HEAD = Head(0, BEFORE_THE_FIRST)


@dataclass(frozen=True)
class VisitRow:
    """The key of a visit, and the columns to find the visit by. The key opens only beside the columns it was made with."""

    sequence: int
    visit_id: str
    created_at: str
    patient_mac: bytes
    wrapped_key: bytes = b""

    COLUMNS = "sequence, visit_id, created_at, patient_mac, wrapped_key"

    def with_new_key(self, vault: Vault) -> VisitRow:
        return replace(self, wrapped_key=vault.visit_keys.seal(new_key(), **self._place(vault)))

    def cipher(self, vault: Vault) -> Cipher:
        """Raises: DamagedRecordError."""
        return Cipher(vault.visit_keys.open(self.wrapped_key, **self._place(vault)))

    def _place(self, vault: Vault) -> dict[str, Place]:
        return {
            "what": "visit key",
            "store_id": vault.store_id,
            "sequence": self.sequence,
            "visit_id": self.visit_id,
            "created_at": self.created_at,
            "patient_mac": self.patient_mac.hex(),
        }


@dataclass(frozen=True)
class Model:
    """The model that screened a visit."""

    name: str
    sha256: str


def payload_place(vault: Vault, sequence: int, kind: str, visit_id: str | None) -> dict[str, Place]:
    """Where the payload of an entry belongs; its photo too, with `kind` "photo"."""
    return {"what": kind, "store_id": vault.store_id, "sequence": sequence, "visit_id": visit_id}


def append(
    connection: sqlite3.Connection,
    vault: Vault,
    kind: Kind,
    payload: bytes,
    *,
    visit_id: str | None = None,
    model: Model | None = None,
    cipher: Cipher | None = None,
    photo: bytes | None = None,
) -> Head:
    """Writes one event, inside the caller's transaction.

    Args:
        cipher: of the visit; None seals a note about the store, which stays when patients are deleted.

    Raises: StoreError where the log does not end as this program left it.
    """
    before = read_head(connection, vault)
    sequence = before.sequence + 1
    cipher = cipher or vault.notes
    sealed = cipher.seal(payload, **payload_place(vault, sequence, kind, visit_id))
    sealed_photo = None if photo is None else cipher.seal(photo, **payload_place(vault, sequence, "photo", visit_id))
    entry = Entry(
        sequence=sequence,
        time=written(datetime.now(UTC)),
        kind=kind,
        visit_id=visit_id,
        model_name=model.name if model else None,
        model_sha256=model.sha256 if model else None,
        payload_sha256=hashlib.sha256(sealed).hexdigest(),
        photo_sha256=hashlib.sha256(sealed_photo).hexdigest() if sealed_photo else None,
        previous_sha256=before.entry_sha256,
    )
    head = Head(sequence, entry_sha256(entry))
    row = (*vars(entry).values(), head.entry_sha256)
    connection.execute(f"INSERT INTO log ({ENTRY_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)
    connection.execute("INSERT INTO payload (sequence, sealed) VALUES (?, ?)", (sequence, sealed))
    if sealed_photo:
        connection.execute("INSERT INTO photo (sequence, sealed) VALUES (?, ?)", (sequence, sealed_photo))
    mac = vault.head_mac(head)
    connection.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?)", (head.sequence, head.entry_sha256, mac))
    return head


def read_head(connection: sqlite3.Connection, vault: Vault) -> Head:
    """Where the log ends. Raises: StoreError where it does not end as this program left it."""
    kept = connection.execute("SELECT sequence, entry_sha256, mac FROM head").fetchone()
    last = connection.execute("SELECT max(sequence) FROM log").fetchone()[0]
    if kept is None and last is None:
        return _NO_HEAD
    # Missing entries at the end do not stop the work: the next one follows the head, and `verify` finds the gap.
    if kept is None or vault.head_mac(Head(*kept[:2])) != kept[2] or (last or 0) > kept[0]:
        raise StoreError("the log does not end as this program left it: run skinedge records verify, and restore a backup")
    return Head(*kept[:2])


def append_note(
    connection: sqlite3.Connection,
    vault: Vault,
    kind: Kind,
    note: Mapping[str, str],
    *,
    visit_id: str | None = None,
    model: Model | None = None,
) -> Head:
    """Writes an event about the store, or the deletion of a visit."""
    return append(connection, vault, kind, json.dumps(note).encode(), visit_id=visit_id, model=model)


def open_note(connection: sqlite3.Connection, vault: Vault, entry: Entry) -> dict[str, str]:
    """The note that `append_note` wrote. Raises: DamagedRecordError."""
    row = connection.execute("SELECT sealed FROM payload WHERE sequence = ?", [entry.sequence]).fetchone()
    if row is None:
        raise DamagedRecordError(
            "entry {number} of the log lost its note: run skinedge records verify", number=entry.sequence
        )
    place = payload_place(vault, entry.sequence, entry.kind, entry.visit_id)
    return dict(json.loads(vault.notes.open(row[0], **place)))


def entries(connection: sqlite3.Connection) -> Iterator[tuple[Entry, str]]:
    """The log by sequence, each entry with the hash that is kept beside it."""
    for row in connection.execute(f"SELECT {ENTRY_COLUMNS} FROM log ORDER BY sequence"):
        yield Entry(*row[:-1]), row[-1]


def last_of_kind(connection: sqlite3.Connection, *kinds: Kind) -> Entry | None:
    """The newest entry of some kinds."""
    given = ", ".join("?" * len(kinds))
    found = f"SELECT {ENTRY_COLUMNS} FROM log WHERE kind IN ({given}) ORDER BY sequence DESC LIMIT 1"
    row = connection.execute(found, kinds).fetchone()
    return Entry(*row[:-1]) if row else None


def model_of(connection: sqlite3.Connection, row: VisitRow) -> Model:
    """The model that screened a visit. Raises: DamagedRecordError."""
    found = connection.execute("SELECT model_name, model_sha256 FROM log WHERE sequence = ?", [row.sequence]).fetchone()
    if found is None:
        raise DamagedRecordError("the log lost its entry of visit {visit}: run skinedge records verify", visit=row.visit_id)
    return Model(*found)


def write_visit_row(connection: sqlite3.Connection, row: VisitRow) -> None:
    columns = (row.sequence, row.visit_id, row.created_at, row.patient_mac, row.wrapped_key)
    connection.execute(f"INSERT INTO visit ({VisitRow.COLUMNS}) VALUES (?, ?, ?, ?, ?)", columns)


def read_lock(connection: sqlite3.Connection) -> Lock:
    """The data key under the passphrase. Raises: StoreError where there is none."""
    columns = "store_id, salt, scrypt_n, scrypt_r, scrypt_p, wrapped_key"
    row = connection.execute(f"SELECT {columns} FROM store").fetchone()
    if row is None:
        raise StoreError("the record store lost its key: restore a backup with skinedge records restore")
    return Lock(row[0], row[1], Cost(*row[2:5]), row[5])


def write_lock(connection: sqlite3.Connection, lock: Lock) -> None:
    cost = lock.cost
    row = (lock.store_id, lock.salt, cost.n, cost.r, cost.p, lock.wrapped_key)
    connection.execute("INSERT OR REPLACE INTO store VALUES (1, ?, ?, ?, ?, ?, ?)", row)


def read_recovery_lock(connection: sqlite3.Connection) -> RecoveryLock:
    """The data key under the recovery key. Raises: StoreError where none was made, as for stores of older programs."""
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'recovery'").fetchone()
    row = there and connection.execute("SELECT wrapped_key FROM recovery").fetchone()
    if not row:
        raise StoreError("no recovery key was made for these records: only the passphrase opens them")
    return RecoveryLock(read_lock(connection).store_id, row[0])


def write_recovery_lock(connection: sqlite3.Connection, lock: RecoveryLock) -> None:
    connection.execute("INSERT OR REPLACE INTO recovery VALUES (1, ?)", [lock.wrapped_key])


def open_vault(connection: sqlite3.Connection, secret: Secret) -> Vault:
    """The keys of a store. Raises: PassphraseError; StoreError where there is nothing for this secret to open."""
    lock = read_lock(connection)
    if isinstance(secret, RecoveryKey):
        return Vault(read_recovery_lock(connection).open(secret), store_id=lock.store_id)
    return Vault(lock.open(secret), store_id=lock.store_id)


def lock_note(lock: Lock | RecoveryLock) -> dict[str, str]:
    """The note on a lock for the log, so that nobody can put back an older lock, with an older passphrase, unnoticed."""
    salt = lock.salt if isinstance(lock, Lock) else b""
    return {"lock_sha256": hashlib.sha256(salt + lock.wrapped_key).hexdigest()}


def written(moment: datetime) -> str:
    """A moment as the log and the index store it: UTC, to the millisecond, so that texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
