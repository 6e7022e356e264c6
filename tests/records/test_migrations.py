"""Schemas of other versions and other programs, and a log that refuses to be rewritten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.drivers.stations import PASSPHRASE, add_visit
from skinedge.errors import StoreError
from skinedge.records import migrations
from skinedge.records.database import FILE
from skinedge.records.store import RecordStore


def test_the_scripts_are_numbered_without_gaps() -> None:
    folder = Path(migrations.__file__).parent / "migrations"
    assert [int(path.name[:4]) for path in sorted(folder.glob("*.sql"))] == list(range(1, migrations.newest() + 1))


def test_a_newer_store_is_refused_and_left_alone(store: RecordStore, folder: Path) -> None:
    store.close()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute(f"PRAGMA user_version = {migrations.newest() + 1}")
    before = (folder / FILE).read_bytes()
    with pytest.raises(StoreError, match="install a newer SkinEdge"):
        RecordStore.open(folder, PASSPHRASE)
    assert (folder / FILE).read_bytes() == before


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE holidays (day TEXT)")
    with pytest.raises(StoreError, match="no record store of SkinEdge"):
        RecordStore.open(tmp_path, PASSPHRASE)
    with pytest.raises(StoreError, match="no record store of SkinEdge"):
        RecordStore.create(tmp_path, PASSPHRASE)
    (tmp_path / FILE).write_bytes(b"a letter to a colleague\n" * 100)
    with pytest.raises(StoreError, match="damaged"):
        RecordStore.open(tmp_path, PASSPHRASE)


def test_a_step_that_fails_leaves_the_version_before(monkeypatch: pytest.MonkeyPatch) -> None:
    known = migrations._scripts()
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        migrations.migrate(connection)
        connection.execute("COMMIT")
        before = migrations.schema(connection)
        broken = "CREATE TABLE more (x INTEGER);\nCREATE TABLE log (y INTEGER);\n"
        monkeypatch.setattr(migrations, "_scripts", lambda: [*known, broken])
        connection.execute("BEGIN")
        with pytest.raises(sqlite3.OperationalError):
            migrations.migrate(connection)
        connection.execute("ROLLBACK")
        assert migrations.version(connection) == len(known) and migrations.schema(connection) == before
        monkeypatch.setattr(migrations, "_scripts", lambda: [*known, "CREATE TABLE more (x INTEGER);\n"])
        migrations.migrate(connection)
        assert migrations.version(connection) == len(known) + 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET time = 'never'",
        "DELETE FROM log WHERE sequence = 2",
        "DELETE FROM log",
        "INSERT OR REPLACE INTO log SELECT * FROM log WHERE sequence = 2",
        "INSERT INTO log SELECT 0, time, kind, visit_id, model_name, model_sha256, payload_sha256, photo_sha256, "
        "previous_sha256, entry_sha256 FROM log WHERE sequence = 2",
    ],
)
def test_the_log_refuses_to_be_rewritten(store: RecordStore, folder: Path, statement: str) -> None:
    add_visit(store)
    with closing(sqlite3.connect(folder / FILE)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    assert store.verify() == []
