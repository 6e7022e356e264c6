"""What is sealed opens with its key, in its place, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.drivers.stations import CHEAP, PASSPHRASE
from skinedge.errors import DamagedRecordError, PassphraseError, StoreError
from skinedge.records.chain import Head
from skinedge.records.vault import USUAL_COST, Cipher, Cost, Lock, Vault, new_key

KEY = new_key()


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_in_its_place_only(data: bytes) -> None:
    cipher = Cipher(KEY)
    sealed = cipher.seal(data, what="visit", sequence=7)
    assert cipher.open(sealed, sequence=7, what="visit") == data
    assert data == b"" or cipher.seal(data, what="visit", sequence=7) != sealed
    for place in (
        {"what": "visit", "sequence": 8},
        {"what": "photo", "sequence": 7},
        {"what": "visit", "sequence": "7"},
        {},
    ):
        with pytest.raises(DamagedRecordError):
            cipher.open(sealed, **place)
    with pytest.raises(DamagedRecordError):
        Cipher(new_key()).open(sealed, what="visit", sequence=7)


@given(st.data())
def test_any_bit_counts(data: st.DataObject) -> None:
    sealed = bytearray(Cipher(KEY).seal(b"an answer", what="visit"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DamagedRecordError):
        Cipher(KEY).open(bytes(sealed), what="visit")
    with pytest.raises(DamagedRecordError):
        Cipher(KEY).open(bytes(sealed[: data.draw(st.integers(0, len(sealed) - 1))]), what="visit")


def test_a_lock_opens_with_its_passphrase_in_its_store() -> None:
    lock = Lock.close(KEY, PASSPHRASE, store_id="a", cost=CHEAP)
    assert lock.open(PASSPHRASE) == KEY
    for other in (replace(lock, store_id="b"), replace(lock, salt=bytes(16)), replace(lock, cost=Cost(n=4, r=1, p=1))):
        with pytest.raises(PassphraseError):
            other.open(PASSPHRASE)
    assert Lock.close(KEY, PASSPHRASE, store_id="a", cost=CHEAP).wrapped_key != lock.wrapped_key


@pytest.mark.parametrize("cost", [Cost(n=0), Cost(n=3), Cost(n=1 << 40), Cost(r=-1), Cost(p=1 << 20)])
def test_a_cost_that_would_stop_the_computer_is_refused(cost: Cost) -> None:
    lock = replace(Lock.close(KEY, PASSPHRASE, store_id="a", cost=CHEAP), cost=cost)
    with pytest.raises(StoreError, match="damaged"):
        lock.open(PASSPHRASE)


def test_the_usual_cost_opens() -> None:
    assert Lock.close(KEY, PASSPHRASE, store_id="a", cost=USUAL_COST).open(PASSPHRASE) == KEY


def test_keyed_hashes_are_of_this_store_alone() -> None:
    ours, copy, theirs = Vault(KEY, store_id="a"), Vault(KEY, store_id="a"), Vault(new_key(), store_id="a")
    head = Head(3, "ab" * 32)
    assert ours.patient_mac("P-1") == copy.patient_mac("p-1 ") != theirs.patient_mac("P-1")
    assert ours.head_mac(head) == copy.head_mac(head)
    others = {theirs.head_mac(head), Vault(KEY, store_id="b").head_mac(head), ours.head_mac(Head(4, "ab" * 32))}
    assert ours.head_mac(head) not in others and len(others) == 3
