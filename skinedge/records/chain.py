"""The log of a store: entries that hang together by SHA-256. Kotlin has a twin of this file.

(Documented in full with the code that computes it.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["created", "visit", "override", "outcome", "deletion", "backup", "restore", "passphrase"]


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    sequence: int
    """1, 2, 3, …"""
    time: str
    """UTC, to the millisecond: `2026-01-31T08:05:00.000Z`."""
    kind: Kind
    visit_id: str | None
    model_name: str | None
    model_sha256: str | None
    payload_sha256: str
    """Of the encrypted payload: it tells nothing once the key is destroyed."""
    photo_sha256: str | None
    """Of the encrypted photo."""
    previous_sha256: str


@dataclass(frozen=True)
class Head:
    """Where a log ends. Written down elsewhere, it shows later whether the log was cut or an older copy was put back."""

    sequence: int
    entry_sha256: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.entry_sha256}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Reads what `str` wrote. Raises: StoreError."""
        raise NotImplementedError
