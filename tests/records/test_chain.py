"""Entries and their hashes: the vectors, and what a check finds."""

from __future__ import annotations

import hashlib
import json

import pytest

from skinedge.errors import StoreError
from skinedge.records.chain import Entry, Head, canonical_json, check_chain, entry_sha256
from tests.records import chain_vectors


def test_the_vectors_are_those_that_this_program_makes() -> None:
    assert chain_vectors.FILE.read_text(encoding="utf-8") == chain_vectors.document()


def test_the_vectors_follow_from_the_documentation_alone() -> None:
    """Written again without the code under test, as a twin in another language would."""
    escapes = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

    def spell(value: str | int | None) -> str:
        if not isinstance(value, str):
            return "null" if value is None else str(value)
        return '"' + "".join(escapes.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 0x20 else c) for c in value) + '"'

    previous = "0" * 64
    for vector in json.loads(chain_vectors.FILE.read_text(encoding="utf-8"))["chain"]:
        members = {"format": "skinedge-log-1", **vector["entry"]}
        data = ("{" + ",".join(f'"{name}":{spell(members[name])}' for name in sorted(members)) + "}").encode()
        assert data.hex() == vector["canonical_utf8_hex"]
        assert hashlib.sha256(data).hexdigest() == vector["sha256"]
        assert vector["entry"]["previous_sha256"] == previous
        previous = vector["sha256"]


def test_a_whole_chain_has_no_problem() -> None:
    assert list(check_chain(chain_vectors.chain())) == []


@pytest.mark.parametrize("name", chain_vectors.broken_chains())
def test_a_broken_chain_is_found(name: str) -> None:
    assert list(check_chain(chain_vectors.broken_chains()[name]))
    assert name in json.loads(chain_vectors.FILE.read_text(encoding="utf-8"))["broken"]


def test_every_field_is_in_the_hash() -> None:
    entry = chain_vectors.chain()[1][0]
    for name, value in vars(entry).items():
        other = Entry(**{**vars(entry), name: value + 1 if isinstance(value, int) else value + "x"})
        assert entry_sha256(other) != entry_sha256(entry), name


def test_a_head_on_paper_reads_back() -> None:
    head = Head(412, "9f86d081884c7d65" * 4)
    assert Head.parse(f" {str(head).upper()} \n") == Head(412, "9f86d081884c7d65")
    assert Head.parse(f"412:{head.entry_sha256}") == head


@pytest.mark.parametrize("text", ["", "412", "412:9f86", "x:9f86d081884c7d65", "1:" + "g" * 16, "1:" + "0" * 65])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match="expected a number"):
        Head.parse(text)


def test_canonical_json_sorts_and_leaves_no_space() -> None:
    assert canonical_json({"b": None, "a": 1, "c": "é/"}) == '{"a":1,"b":null,"c":"é/"}'.encode()
