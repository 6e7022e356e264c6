"""Whoever writes to the file without the passphrase is found out, whatever is edited, deleted, moved or cut off."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks.drivers import stations
from benchmarks.drivers.stations import OUTCOME, OVERRIDE, PASSPHRASE, add_visit
from skinedge.errors import StoreError
from skinedge.records.chain import Entry, Head, entry_sha256
from skinedge.records.database import FILE
from skinedge.records.ledger import ENTRY_COLUMNS
from skinedge.records.store import RecordStore

TABLES = ("store", "recovery", "log", "head", "visit", "payload", "photo")
FLIPS = 150


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which everything has happened once at least."""
    folder = tmp_path_factory.mktemp("sound") / "records"
    with stations.new_store(folder) as store:
        visits = [add_visit(store, f"P-{n % 3}", photo=b"photo %d" % n, minutes=n) for n in range(6)]
        for visit in visits[:3]:
            store.add_override(visit.visit_id, OVERRIDE)
        store.add_outcome(visits[0].visit_id, OUTCOME)
        store.backup(folder.parent / "backup")
        store.delete_patient("P-2", reason="asked for it", by="Ana")
        store.new_recovery_key()
        store.change_passphrase(PASSPHRASE)
        assert store.verify() == []
    return folder


@contextmanager
def raw(folder: Path) -> Iterator[sqlite3.Connection]:
    """The file as anybody opens it; triggers are taken out and put back, as a careful intruder would."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in triggers:
            connection.execute(sql)


def problems(folder: Path, *heads: Head) -> list[str]:
    try:
        with RecordStore.open(folder, PASSPHRASE) as store:
            return store.verify(*heads)
    except StoreError as error:
        return [str(error)]


class Attempts:
    """Copies of the sound store, each for one piece of mischief."""

    def __init__(self, sound: Path, place: Path) -> None:
        self._sound, self._place, self.number = sound, place, 0

    def __call__(self, *statements: tuple[str, tuple[Any, ...]]) -> list[str]:
        self.number += 1
        folder = self._place / "attempt"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._sound, folder)
        with raw(folder) as connection:
            for statement in statements:
                assert connection.execute(*statement).rowcount != 0
        return problems(folder)


@pytest.fixture
def attempt(sound: Path, tmp_path: Path) -> Attempts:
    return Attempts(sound, tmp_path)


def rows(sound: Path, table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(sound / FILE)) as connection:
        found = connection.execute(f"SELECT rowid, * FROM {table} ORDER BY 1")
        return [column[0] for column in found.description][1:], found.fetchall()


def edited(value: object) -> object:
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    return value + 1 if isinstance(value, int) else "x"


def test_a_sound_store_has_no_problem(attempt: Attempts, sound: Path) -> None:
    assert attempt() == [] and problems(sound) == []


@pytest.mark.parametrize("table", TABLES)
def test_any_edit_of_any_cell_is_found(attempt: Attempts, sound: Path, table: str) -> None:
    columns, found = rows(sound, table)
    for rowid, *values in found:
        for column, value in zip(columns, values, strict=True):
            if column == "only_row" or (column == "sequence" and table != "head"):
                continue  # SQLite refuses the one; rows are moved below.
            assert attempt((f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (edited(value), rowid))), (column, rowid)
    assert attempt.number >= len(found)


def test_a_damage_that_sqlite_cannot_name_is_one_line(sound: Path, tmp_path: Path) -> None:
    """It says in bytes of the file what is wrong, and Python cannot read them."""
    shutil.copytree(sound, tmp_path / "copy")
    file = tmp_path / "copy" / FILE
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE payload", b"CREATE TABLE payl \xccd"))
    assert ["is damaged" in problem for problem in problems(tmp_path / "copy")] == [True]


@pytest.mark.parametrize("table", TABLES)
def test_any_row_deleted_is_found(attempt: Attempts, sound: Path, table: str) -> None:
    for rowid, *_ in rows(sound, table)[1]:
        assert attempt((f"DELETE FROM {table} WHERE rowid = ?", (rowid,))), rowid


@pytest.mark.parametrize("table", ["log", "visit", "payload", "photo"])
def test_any_two_neighbours_swapped_are_found(attempt: Attempts, sound: Path, table: str) -> None:
    for (one, *_), (other, *_) in pairwise(rows(sound, table)[1]):
        moves = ((-1, one), (one, other), (other, -1))
        assert attempt(*((f"UPDATE {table} SET sequence = ? WHERE sequence = ?", move) for move in moves)), (one, other)


@pytest.mark.parametrize("table", ["visit", "payload", "photo"])
def test_any_cell_swapped_with_its_neighbours_is_found(attempt: Attempts, sound: Path, table: str) -> None:
    columns, found = rows(sound, table)
    for column in columns[1:]:
        position = columns.index(column) + 1
        for one, other in pairwise(found):
            if one[position] == other[position] or column == "visit_id":
                continue  # An id is unique: rows are swapped whole above.
            set_it = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
            assert attempt((set_it, (other[position], one[0])), (set_it, (one[position], other[0]))), column


def test_any_end_cut_off_is_found(attempt: Attempts, sound: Path) -> None:
    for last, *_ in rows(sound, "log")[1][:-1]:
        cut = [(f"DELETE FROM {table} WHERE sequence > ?", (last,)) for table in ("log", "payload")]
        assert attempt(*cut)
        kept = rows(sound, "log")[1][last - 1]
        # A head that points to the new end has no valid HMAC.
        assert attempt(*cut, ("UPDATE head SET sequence = ?, entry_sha256 = ?", (last, kept[-1])))


def test_a_chain_computed_anew_is_found(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sound, folder)
    with raw(folder) as connection:
        previous = None
        for row in connection.execute(f"SELECT {ENTRY_COLUMNS} FROM log ORDER BY sequence").fetchall():
            entry = replace(Entry(*row[:-1]), time="2020-01-01T00:00:00.000Z")
            entry = entry if previous is None else replace(entry, previous_sha256=previous)
            previous = entry_sha256(entry)
            connection.execute(
                "UPDATE log SET time = ?, previous_sha256 = ?, entry_sha256 = ? WHERE sequence = ?",
                (entry.time, entry.previous_sha256, previous, entry.sequence),
            )
        connection.execute("UPDATE head SET entry_sha256 = ?", (previous,))
    assert problems(folder) == ["the head of the log is missing or was changed"]


def test_rows_of_nobody_are_found(attempt: Attempts) -> None:
    for table in ("payload", "photo"):
        assert attempt((f"INSERT INTO {table} VALUES (999, x'00')", ()))
    # What was deleted, put back from a backup.
    assert attempt(("INSERT INTO payload VALUES (4, x'00')", ()))


def test_missing_triggers_are_found(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sound, folder)
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("DROP TRIGGER log_refuses_delete")
    assert any("triggers" in problem for problem in problems(folder))


def test_an_older_copy_is_found_by_a_head_from_elsewhere_and_not_without(tmp_path: Path) -> None:
    folder, older = tmp_path / "records", tmp_path / "older"
    with stations.new_store(folder) as store:
        add_visit(store)
    shutil.copytree(folder, older)
    with RecordStore.open(folder, PASSPHRASE) as store:
        add_visit(store)
        printed = Head.parse(str(store.head()))
        assert store.verify(printed) == []
    assert problems(older) == []
    assert len(problems(older, printed)) == 1
    # Going on from there does not help: the entry of that number has another hash.
    with RecordStore.open(older, PASSPHRASE) as store:
        add_visit(store)
    assert problems(older) == [] and len(problems(older, printed)) == 1


def test_work_goes_on_after_a_cut_and_the_cut_stays_visible(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sound, folder)
    with raw(folder) as connection:
        connection.execute("DELETE FROM log WHERE sequence > 10")
    with RecordStore.open(folder, PASSPHRASE) as store:
        visit = add_visit(store)
        assert store.record(visit.visit_id).visit == visit
        assert any("missing" in problem for problem in store.verify())


def test_nothing_is_added_under_a_head_that_is_not_ours(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sound, folder)
    with raw(folder) as connection:
        connection.execute("UPDATE head SET sequence = sequence - 1")
    with RecordStore.open(folder, PASSPHRASE) as store, pytest.raises(StoreError, match="skinedge records verify"):
        add_visit(store)


def test_a_flipped_bit_is_found_or_changes_nothing(sound: Path, tmp_path: Path) -> None:
    def contents(folder: Path) -> object:
        with RecordStore.open(folder, PASSPHRASE) as store:
            records = store.records().records
            return records, [store.photo(record.visit.visit_id) for record in records], store.log()

    expected, data = contents(sound), (sound / FILE).read_bytes()
    rng, found = random.Random(5), 0
    folder = tmp_path / "copy"
    for _ in range(FLIPS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (folder / FILE).write_bytes(flipped)
        if problems(folder):
            found += 1
        else:
            assert contents(folder) == expected
    assert found > FLIPS / 10  # Much of a small file is empty pages.
