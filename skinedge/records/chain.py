"""The log of a store: a chain of entries, linked by SHA-256. Kotlin has a twin of this file.

An entry is hashed as JSON in one spelling, that of RFC 8785: these ten members in this order, no white space, UTF-8 bytes,
`null` where there is nothing, the sequence as a plain integer, everything else as strings.

    {"format":"skinedge-log-1","kind":…,"model_name":…,"model_sha256":…,"payload_sha256":…,"photo_sha256":…,
     "previous_sha256":…,"sequence":…,"time":…,"visit_id":…}

In strings, a quotation mark and a backslash get a backslash before them; backspace, form feed, line feed, carriage return
and tab are \\b \\f \\n \\r \\t; other characters below U+0020 are \\u00 and two small hexadecimal digits; nothing else is
escaped, not even a slash or an accent.

`previous_sha256` is the SHA-256 of the entry before, 64 small hexadecimal digits; 64 zeros for the first entry, which is of
kind "created". `payload_sha256` and `photo_sha256` are those of the encrypted bytes (nonce, ciphertext, tag), so that the
log of a deleted patient confirms no guess at what was in them.

The chain alone shows edits, gaps and reordering, unless somebody recomputes all entries that follow. The head (sequence and
hash of the last entry) has an HMAC under a key that only the passphrase opens, which shows recomputing and cutting off as
well. Neither shows an older copy of the whole file put back, or a rewriting by someone who has the passphrase. A head that
was printed or written down elsewhere shows both: the entry of that sequence must have that hash.

`tests/records/chain_vectors.json` holds entries with their bytes and hashes, and chains that are broken.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from skinedge.errors import StoreError

Kind = Literal["created", "visit", "override", "outcome", "deletion", "backup", "restore", "passphrase", "recovery"]

FORMAT = "skinedge-log-1"
BEFORE_THE_FIRST = "0" * 64
_SHORT_DIGITS = 16
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    sequence: int
    """1, 2, 3, …"""
    time: str
    """UTC, to the millisecond: `2026-01-31T08:05:00.000Z`. By the clock of the device, which may have been set back."""
    kind: Kind
    visit_id: str | None
    """None where the entry is about the store."""
    model_name: str | None
    model_sha256: str | None
    """Of the model that screened the visit."""
    payload_sha256: str
    photo_sha256: str | None
    previous_sha256: str


@dataclass(frozen=True)
class Head:
    """The end of a log, now or when somebody wrote it down."""

    sequence: int
    entry_sha256: str

    def __str__(self) -> str:
        """For paper: `412:9f86d081884c7d65`. Half of the hash is more than anybody can forge."""
        return f"{self.sequence}:{self.entry_sha256[:_SHORT_DIGITS]}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """The head that `str` wrote, or one with more digits of the hash. Raises: StoreError."""
        match = re.fullmatch(r"(\d{1,15}):([0-9a-f]{16,64})", text.strip().lower())
        if not match:
            raise StoreError(f"{text!r} is no head of a log: expected a number, a colon and {_SHORT_DIGITS} digits")
        return cls(int(match[1]), match[2])


def canonical_json(value: Mapping[str, str | int | None]) -> bytes:
    """JSON in the spelling of the module docstring, which covers strings, integers and None, but not floats."""
    return _ENCODER.encode(value).encode()


def entry_sha256(entry: Entry) -> str:
    """Hash of an entry, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json({"format": FORMAT, **asdict(entry)})).hexdigest()


def check_chain(entries: Iterable[tuple[Entry, str]]) -> Iterator[str]:
    """Checks the links of a chain. Takes entries by sequence, each with the hash that is kept beside it.

    Returns: one line a problem.
    """
    expected, previous = 1, BEFORE_THE_FIRST
    for entry, kept_sha256 in entries:
        name = f"entry {entry.sequence}"
        if entry.sequence != expected:
            yield f"{name} of the log comes where entry {expected} was expected: entries are missing"
        elif entry.previous_sha256 != previous:
            yield f"{name} of the log does not follow from the entry before it"
        if entry_sha256(entry) != kept_sha256:
            yield f"{name} of the log was changed"
        if (entry.kind == "created") != (entry.sequence == 1):
            yield f"{name} of the log is of kind {entry.kind!r}: the first entry, and no other, is of kind 'created'"
        expected, previous = entry.sequence + 1, kept_sha256
    if expected == 1:
        yield "the log is empty"
