"""The records that an export or a report is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from skinedge.records.store import RecordStore
from skinedge.records.visit import Record

_PAGE = 200


@dataclass(frozen=True)
class Collection:
    """Records, oldest first, and the ids of visits that are damaged."""

    records: tuple[Record, ...]
    unreadable: tuple[str, ...]


def collect(store: RecordStore, *, patient: str | None = None, since: datetime | None = None) -> Collection:
    """Reads all records, those of one patient, or those of visits at or after a moment."""
    records: dict[str, Record] = {}
    unreadable: dict[str, None] = {}
    offset, total = 0, 1
    while offset < total:
        page = store.records(limit=_PAGE, offset=offset, patient=patient, since=since)
        # A visit that is added meanwhile moves the others on: some are then met twice, and none is missed.
        records |= {record.visit.visit_id: record for record in page.records}
        unreadable |= dict.fromkeys(page.unreadable)
        offset, total = offset + _PAGE, page.total
    return Collection(tuple(reversed(records.values())), tuple(unreadable))
