"""Reads records from rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from skinedge.errors import DamagedRecordError, UnknownVisitError
from skinedge.records.ledger import VisitRow, payload_place
from skinedge.records.vault import Cipher, Vault
from skinedge.records.visit import Outcome, Override, Record, Visit, spoken_visit_id

_Model = TypeVar("_Model", bound=BaseModel)
_Part = tuple[int, str, bytes | None, bool]
"""Of a visit: sequence and kind of an entry, its payload, and whether it has a photo."""


def find_visit(connection: sqlite3.Connection, visit_id: str) -> VisitRow:
    """Raises: UnknownVisitError."""
    row = connection.execute(f"SELECT {VisitRow.COLUMNS} FROM visit WHERE visit_id = ?", [visit_id]).fetchone()
    if row is None:
        name = spoken_visit_id(visit_id)
        deleted = connection.execute("SELECT 1 FROM log WHERE visit_id = ? AND kind = 'deletion'", [visit_id]).fetchone()
        if deleted:
            raise UnknownVisitError("there is no visit {visit}: it was deleted", visit=name)
        raise UnknownVisitError("there is no visit {visit}: check the id on the slip", visit=name)
    return VisitRow(*row)


def read_records(
    connection: sqlite3.Connection, vault: Vault, rows: Sequence[VisitRow]
) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """Returns: the records of these visits, in their order, and the ids of those that are damaged."""
    parts: dict[str, list[_Part]] = {row.visit_id: [] for row in rows}
    for visit_id, *part in connection.execute(
        "SELECT log.visit_id, log.sequence, log.kind, payload.sealed, log.photo_sha256 IS NOT NULL "
        "FROM log LEFT JOIN payload USING (sequence) "
        "WHERE log.visit_id IN (SELECT value FROM json_each(?)) AND log.kind <> 'deletion' ORDER BY log.sequence",
        [json.dumps(list(parts))],
    ):
        parts[visit_id].append((part[0], part[1], part[2], bool(part[3])))
    records, unreadable = [], []
    for row in rows:
        try:
            records.append(_read_record(vault, row, parts[row.visit_id]))
        except DamagedRecordError:
            unreadable.append(row.visit_id)
    return tuple(records), tuple(unreadable)


def read_record(connection: sqlite3.Connection, vault: Vault, visit_id: str) -> Record:
    """Raises: UnknownVisitError, DamagedRecordError."""
    records, unreadable = read_records(connection, vault, [find_visit(connection, visit_id)])
    if unreadable:
        raise damaged(visit_id)
    return records[0]


def read_photo(connection: sqlite3.Connection, vault: Vault, visit_id: str) -> bytes | None:
    """Raises: UnknownVisitError, DamagedRecordError."""
    row = find_visit(connection, visit_id)
    sealed, has_photo = connection.execute(
        "SELECT photo.sealed, log.photo_sha256 IS NOT NULL FROM log LEFT JOIN photo USING (sequence) WHERE log.sequence = ?",
        [row.sequence],
    ).fetchone() or (None, True)
    if not has_photo:
        return None
    if sealed is None:
        raise damaged(visit_id)
    return row.cipher(vault).open(sealed, **payload_place(vault, row.sequence, "photo", visit_id))


def damaged(visit_id: str) -> DamagedRecordError:
    """The error for a record that cannot be read."""
    name = spoken_visit_id(visit_id)
    return DamagedRecordError(
        "the record of visit {visit} was changed or is damaged: run skinedge records verify", visit=name
    )


def _read_record(vault: Vault, row: VisitRow, parts: Iterable[_Part]) -> Record:
    cipher = row.cipher(vault)
    visit: Visit | None = None
    has_photo = False
    added: list[Override | Outcome] = []
    for sequence, kind, sealed, with_photo in parts:
        data = _open(cipher, vault, row, (sequence, kind, sealed))
        if sequence == row.sequence:
            visit, has_photo = parse(Visit, data), with_photo
        else:
            added.append(parse(Override, data) if kind == "override" else parse(Outcome, data))
    if visit is None:
        raise damaged(row.visit_id)
    return Record(visit, tuple(added), has_photo)


def _open(cipher: Cipher, vault: Vault, row: VisitRow, part: tuple[int, str, bytes | None]) -> bytes:
    sequence, kind, sealed = part
    if sealed is None:
        raise damaged(row.visit_id)
    return cipher.open(sealed, **payload_place(vault, sequence, kind, row.visit_id))


def parse(model: type[_Model], data: bytes) -> _Model:
    """A model from decrypted JSON. Raises: DamagedRecordError."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise DamagedRecordError(
            "a record says what this program does not know: {reason}", reason=error.errors()[0]["msg"]
        ) from None
