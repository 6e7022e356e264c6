"""Finds changes that this program did not make: see `chain` for what it can find, and what it cannot."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from skinedge.errors import DamagedRecordError, StoreError
from skinedge.records import drafts, ledger
from skinedge.records.chain import Entry, Head, check_chain
from skinedge.records.database import Database
from skinedge.records.ledger import VisitRow
from skinedge.records.migrations import newest_schema, schema
from skinedge.records.reading import parse
from skinedge.records.recovery_key import RecoveryLock
from skinedge.records.vault import Cipher, Lock, Vault
from skinedge.records.visit import Outcome, Override, Visit


def verify(file: Path, vault: Vault, heads: Sequence[Head]) -> list[str]:
    """Checks a store as it is at one moment. Returns: one line a problem; none where all is well."""
    problems: list[str] = []
    try:
        # A connection of its own, so that a station answers meanwhile.
        with closing(Database(file)) as database, database.read() as connection:
            problems.extend(find_problems(connection, vault, heads))
    except StoreError as error:
        problems.append(str(error))
    return problems


def find_problems(connection: sqlite3.Connection, vault: Vault, heads: Sequence[Head] = ()) -> Iterator[str]:
    """Checks the store behind a connection. Returns: one line a problem."""
    for (line,) in connection.execute("PRAGMA integrity_check(10)"):
        if line != "ok":
            yield f"the file is damaged: {line}"
    if schema(connection) != newest_schema():
        yield "the tables, indexes and triggers are not those that this program makes"
    log = list(ledger.entries(connection))
    yield from check_chain(log)
    yield from _check_heads(connection, vault, log, heads)
    entries = [entry for entry, _ in log]
    yield from _check_locks(connection, vault, entries)
    yield from _check_rows(connection, entries)
    for entry in entries:
        yield from _check_contents(connection, vault, entry)
    yield from drafts.problems(connection, vault)


def _check_heads(
    connection: sqlite3.Connection, vault: Vault, log: list[tuple[Entry, str]], heads: Sequence[Head]
) -> Iterator[str]:
    row = connection.execute("SELECT sequence, entry_sha256, mac FROM head").fetchone()
    if row is None or vault.head_mac(Head(*row[:2])) != row[2]:
        yield "the head of the log is missing or was changed"
    elif not log or log[-1][1] != row[1] or log[-1][0].sequence != row[0]:
        yield f"the log does not end with entry {row[0]}, as its head says: entries were cut off or added"
    kept = {entry.sequence: entry_sha256 for entry, entry_sha256 in log}
    for head in heads:
        if not kept.get(head.sequence, "").startswith(head.entry_sha256):
            yield f"the log is not the one whose head was {head}: it was written anew, or an older copy was put back"


def _check_locks(connection: sqlite3.Connection, vault: Vault, entries: list[Entry]) -> Iterator[str]:
    changes = [entry for entry in entries if entry.kind in ("created", "passphrase")]
    made = [entry for entry in entries if entry.kind == "recovery"]
    try:
        if not changes or not _is_of(ledger.read_lock(connection), connection, vault, changes[-1]):
            yield "the passphrase is not the last one that the log knows: an older lock was put back"
        there = bool(connection.execute("SELECT 1 FROM recovery").fetchone())
        if there != bool(made) or (made and not _is_of(ledger.read_recovery_lock(connection), connection, vault, made[-1])):
            yield "the recovery key is not the last one that the log knows: it was removed, or an older one was put back"
    except DamagedRecordError:
        return  # `_check_contents` names the entry.


def _is_of(lock: Lock | RecoveryLock, connection: sqlite3.Connection, vault: Vault, entry: Entry) -> bool:
    return ledger.lock_note(lock).items() <= ledger.open_note(connection, vault, entry).items()


def _check_rows(connection: sqlite3.Connection, entries: list[Entry]) -> Iterator[str]:
    """Checks that every row belongs to an entry, and that deleted visits are gone."""
    deleted = {entry.visit_id for entry in entries if entry.kind == "deletion"}
    kept = [entry for entry in entries if not (entry.kind in ledger.OF_A_PATIENT and entry.visit_id in deleted)]
    expected = {
        "payload": {entry.sequence for entry in kept},
        "photo": {entry.sequence for entry in kept if entry.photo_sha256},
        "visit": {entry.sequence for entry in kept if entry.kind == "visit"},
    }
    for table, sequences in expected.items():
        found = {row[0] for row in connection.execute(f"SELECT sequence FROM {table}")}
        for sequence in sorted(sequences - found):
            yield f"the {table} of entry {sequence} is missing"
        for sequence in sorted(found - sequences):
            yield f"the {table} of entry {sequence} is there and should not be"


def _check_contents(connection: sqlite3.Connection, vault: Vault, entry: Entry) -> Iterator[str]:
    """Checks that the contents of an entry open, have the hash in the log, and agree with the log."""
    name = f"entry {entry.sequence}"
    payload, photo = (_sealed(connection, table, entry) for table in ("payload", "photo"))
    for what, sealed, sha256 in (("payload", payload, entry.payload_sha256), ("photo", photo, entry.photo_sha256)):
        if sealed is not None and hashlib.sha256(sealed).hexdigest() != sha256:
            yield f"the {what} of {name} was changed"
    if payload is None:
        return
    try:
        if entry.kind not in ledger.OF_A_PATIENT:
            ledger.open_note(connection, vault, entry)
            return
        columns = f"SELECT {VisitRow.COLUMNS} FROM visit WHERE visit_id = ?"
        found = connection.execute(columns, [entry.visit_id]).fetchone()
        if found is None:
            yield f"the key of {name} is missing"
            return
        row = VisitRow(*found)
        cipher = row.cipher(vault)
        data = cipher.open(payload, **ledger.payload_place(vault, entry.sequence, entry.kind, entry.visit_id))
        if entry.kind != "visit":
            parse(Override if entry.kind == "override" else Outcome, data)
        elif not _agree(visit := parse(Visit, data), row, entry, vault) or not _shows(visit, photo, cipher, entry, vault):
            yield f"{name} does not say what its visit says"
    except DamagedRecordError:
        yield f"{name} does not open: its key, its payload or its photo was changed, or moved from another place"


def _agree(visit: Visit, row: VisitRow, entry: Entry, vault: Vault) -> bool:
    by_row = row.sequence, row.visit_id, row.created_at, row.patient_mac
    by_visit = entry.sequence, visit.visit_id, ledger.written(visit.created_at), vault.patient_mac(visit.patient)
    model = visit.result.model_name, visit.result.model_sha256
    return by_visit == by_row and model == (entry.model_name, entry.model_sha256)


def _shows(visit: Visit, sealed: bytes | None, cipher: Cipher, entry: Entry, vault: Vault) -> bool:
    if sealed is None:
        return True  # Not kept, or missing, which `_check_rows` says.
    photo = cipher.open(sealed, **ledger.payload_place(vault, entry.sequence, "photo", entry.visit_id))
    return hashlib.sha256(photo).hexdigest() == visit.result.photo_sha256


def _sealed(connection: sqlite3.Connection, table: str, entry: Entry) -> bytes | None:
    row = connection.execute(f"SELECT sealed FROM {table} WHERE sequence = ?", [entry.sequence]).fetchone()
    return row[0] if row else None
