"""Writes `chain_vectors.json`, which programs in other languages compute too: `python -m tests.records.chain_vectors`."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

from skinedge.records.chain import BEFORE_THE_FIRST, FORMAT, Entry, Kind, canonical_json, check_chain, entry_sha256

FILE = Path(__file__).with_name("chain_vectors.json")

_VISIT = "7K3Q9D2MXA"
_MODEL = ("skinedge-edge", sha256(b"a model").hexdigest())
_AWKWARD = ('"é\\/\b\f\n\r\t\x01\x7f\u2028😀', sha256(b"another model").hexdigest())
_EVENTS: tuple[tuple[Kind, str | None, tuple[str, str] | None, bool], ...] = (
    ("created", None, None, False),
    ("visit", _VISIT, _MODEL, True),
    ("visit", "0123456789", _AWKWARD, False),
    ("override", _VISIT, _MODEL, False),
    ("outcome", _VISIT, _MODEL, False),
    ("backup", None, None, False),
    ("deletion", _VISIT, _MODEL, False),
    ("passphrase", None, None, False),
    ("restore", None, None, False),
    ("recovery", None, None, False),
)


def chain() -> list[tuple[Entry, str]]:
    """One entry of every kind at least, the photo with one visit only, and a name that needs every rule of escaping."""
    entries: list[tuple[Entry, str]] = []
    for sequence, (kind, visit_id, model, with_photo) in enumerate(_EVENTS, start=1):
        entry = Entry(
            sequence=sequence,
            time=f"2026-01-31T08:05:{sequence:02}.000Z",
            kind=kind,
            visit_id=visit_id,
            model_name=model[0] if model else None,
            model_sha256=model[1] if model else None,
            payload_sha256=sha256(f"payload {sequence}".encode()).hexdigest(),
            photo_sha256=sha256(f"photo {sequence}".encode()).hexdigest() if with_photo else None,
            previous_sha256=entries[-1][1] if entries else BEFORE_THE_FIRST,
        )
        entries.append((entry, entry_sha256(entry)))
    return entries


def broken_chains() -> dict[str, list[tuple[Entry, str]]]:
    """What a check must find fault with, by what was done."""
    whole = chain()
    edited = replace(whole[3][0], time="2026-01-31T08:05:59.000Z")
    return {
        "edited": [*whole[:3], (edited, whole[3][1]), *whole[4:]],
        "edited and hashed again": [*whole[:3], (edited, entry_sha256(edited)), *whole[4:]],
        "one deleted": [*whole[:4], *whole[5:]],
        "first deleted": whole[1:],
        "two swapped": [*whole[:4], whole[5], whole[4], *whole[6:]],
        "one twice": [*whole[:4], whole[3], *whole[4:]],
        "empty": [],
    }


def document() -> str:
    """The file, as text."""
    vectors = [
        {
            "entry": asdict(entry),
            "canonical_utf8_hex": canonical_json({"format": FORMAT, **asdict(entry)}).hex(),
            "sha256": kept,
        }
        for entry, kept in chain()
    ]
    broken = {
        name: {"entries": [{"entry": asdict(entry), "sha256": kept} for entry, kept in entries], "problems": len(problems)}
        for name, entries in broken_chains().items()
        if (problems := list(check_chain(entries)))
    }
    return json.dumps({"format": FORMAT, "chain": vectors, "broken": broken}, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
