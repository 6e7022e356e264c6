"""A forgotten passphrase is replaced with the recovery key, which is on paper and nowhere else."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.drivers.stations import PASSPHRASE, add_visit
from skinedge.errors import PassphraseError, StoreError
from skinedge.records import migrations
from skinedge.records.database import FILE
from skinedge.records.ledger import Secret
from skinedge.records.recovery_key import GROUPS, RecoveryKey
from skinedge.records.store import RecordStore
from skinedge.records.visit import ALPHABET

OTHER = "another passphrase"


def recover(folder: Path, key: RecoveryKey, passphrase: str) -> RecordStore:
    store = RecordStore.open(folder, key)
    try:
        store.change_passphrase(passphrase)
    except StoreError:
        store.close()
        raise
    return store


def test_it_opens_the_store_and_sets_another_passphrase(store: RecordStore, folder: Path) -> None:
    visit = add_visit(store)
    key = store.new_recovery_key()
    store.close()
    with recover(folder, key, OTHER) as back:
        assert back.record(visit.visit_id).visit == visit and back.verify() == []
        assert back.log()[-1].entry.kind == "passphrase" and back.log()[-1].note["by"] == "recovery key"
        assert back.is_passphrase(OTHER) and not back.is_passphrase(PASSPHRASE)
    with pytest.raises(PassphraseError, match="not the passphrase"):
        RecordStore.open(folder, PASSPHRASE)
    # It stays what it is: nobody need print it again.
    recover(folder, key, PASSPHRASE).close()
    RecordStore.open(folder, PASSPHRASE).close()


def test_a_new_one_replaces_the_one_before(store: RecordStore, folder: Path) -> None:
    old, new = store.new_recovery_key(), store.new_recovery_key()
    assert old.groups != new.groups
    assert [event.entry.kind for event in store.log()] == ["created", "recovery", "recovery"] and store.verify() == []
    with pytest.raises(PassphraseError, match="newest paper"):
        recover(folder, old, OTHER)
    RecordStore.open(folder, PASSPHRASE).close()
    RecordStore.open(folder, new).close()


def test_it_lies_nowhere_in_the_files(store: RecordStore, folder: Path) -> None:
    key = store.new_recovery_key()
    store.change_passphrase(OTHER)
    log = repr(store.log())
    store.close()
    data = b"".join(path.read_bytes() for path in folder.iterdir())
    assert key.spoken() not in repr(key) and not any(group in log + repr(key) for group in key.groups)
    assert not any(group.encode() in data for group in key.groups)


def test_a_short_passphrase_changes_nothing(store: RecordStore, folder: Path) -> None:
    key = store.new_recovery_key()
    head = store.head()
    with pytest.raises(StoreError, match="too short"):
        recover(folder, key, "short")
    assert store.head() == head
    RecordStore.open(folder, PASSPHRASE).close()


def test_a_store_of_an_older_program_opens_and_gets_one(store: RecordStore, folder: Path, tmp_path: Path) -> None:
    visit = add_visit(store)
    store.close()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("DROP TABLE recovery")
        connection.execute("PRAGMA user_version = 2")
    shutil.copyfile(folder / FILE, tmp_path / "old backup")
    with pytest.raises(StoreError, match="no recovery key was made"):
        RecordStore.restore(tmp_path / "old backup", tmp_path / "back", RecoveryKey.new())
    with RecordStore.open(folder, PASSPHRASE) as old:
        assert old.record(visit.visit_id).visit == visit and old.verify() == [] and old.recovery_key_made_at() is None
        key = old.new_recovery_key()
        assert old.recovery_key_made_at() is not None and old.verify() == []
    RecordStore.open(folder, key).close()
    assert migrations.newest() > 1


def test_a_backup_opens_with_either(store: RecordStore, tmp_path: Path) -> None:
    key = store.new_recovery_key()
    store.backup(tmp_path / "backup")
    store.new_recovery_key()
    secrets: tuple[Secret, ...] = (PASSPHRASE, key)
    for number, secret in enumerate(secrets):
        with RecordStore.restore(tmp_path / "backup", tmp_path / f"back{number}", secret) as back:
            assert back.verify() == []
    with pytest.raises(PassphraseError):
        RecordStore.restore(tmp_path / "backup", tmp_path / "back", RecoveryKey.new())
    assert not (tmp_path / "back").exists()


def test_an_older_one_put_back_or_taken_out_is_found(store: RecordStore, folder: Path) -> None:
    store.new_recovery_key()
    with store._database.read() as connection:
        old = connection.execute("SELECT wrapped_key FROM recovery").fetchone()[0]
    store.new_recovery_key()
    for statement, values in (("UPDATE recovery SET wrapped_key = ?", [old]), ("DELETE FROM recovery", [])):
        with store._database.write() as connection:
            connection.execute(statement, values)
        assert ["recovery key" in problem for problem in store.verify()] == [True]


@given(st.lists(st.text(ALPHABET, min_size=4, max_size=4), min_size=GROUPS, max_size=GROUPS))
def test_it_is_read_however_it_is_typed(random: list[str]) -> None:
    key = RecoveryKey.of(random)
    text = key.spoken().lower().replace("0", "o").replace("1", "i")
    for typed in (key.spoken(), text, text.replace("i", "L"), text.replace("-", " "), text.replace("-", "\u2013\n_. ")):
        assert RecoveryKey.parse(typed) == key


def test_any_character_mistyped_is_named_by_its_group() -> None:
    text = RecoveryKey.new().spoken()
    for at, symbol in enumerate(text):
        for other in set(ALPHABET) - {symbol} if symbol != "-" else ():
            with pytest.raises(StoreError, match=f"group {at // 6 + 1} of"):
                RecoveryKey.parse(text[:at] + other + text[at + 1 :])
        with pytest.raises(StoreError, match=r"and 3[46] were typed"):
            RecoveryKey.parse(text[:at] + text[at + 1 :] if symbol != "-" else text + "0")


def test_groups_that_changed_places_are_found() -> None:
    groups = RecoveryKey.new().groups
    assert len(groups) == GROUPS and all(one != other for one, other in pairwise(groups))
    for at in range(GROUPS - 1):
        swapped = [*groups[:at], groups[at + 1], groups[at], *groups[at + 2 :]]
        with pytest.raises(StoreError, match=f"group {at + 1} of"):
            RecoveryKey.parse(" ".join(swapped))


@pytest.mark.parametrize("text", ["", "é", "U" * 35, "\ud83d", "0" * 5000])
def test_what_is_no_key_is_one_line(text: str) -> None:
    with pytest.raises(StoreError, match="recovery key"):
        RecoveryKey.parse(text)
