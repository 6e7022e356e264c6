"""The schema of a store, in numbered steps: `migrations/0001_*.sql`, `0002_*.sql`, …, applied whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib.resources import files

from skinedge.errors import StoreError

APPLICATION_ID = int.from_bytes(b"SKER")


def newest() -> int:
    """The version of the schema that this program knows."""
    return len(_scripts())


def version(connection: sqlite3.Connection) -> int:
    """The version of a file's schema; 0 where a file holds nothing at all.

    Raises: StoreError where the file is another program's, or a newer program's.
    """
    found, owner = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id"))
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if owner != APPLICATION_ID and not (owner == found == 0 and empty):
        raise StoreError("the file is no record store of SkinEdge: give the folder of one, or a backup of one")
    if found > newest():
        raise StoreError(
            f"the record store has version {found}, this program knows up to {newest()}: install a newer SkinEdge"
        )
    return found


def migrate(connection: sqlite3.Connection) -> None:
    """Brings a file up to date, inside the transaction that the caller has begun. Raises: StoreError, see `version`."""
    for number in range(version(connection) + 1, newest() + 1):
        for statement in _statements(_scripts()[number - 1]):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")


def schema(connection: sqlite3.Connection) -> frozenset[tuple[str, ...]]:
    """Kind, name, table and text of every table, index and trigger."""
    return frozenset(connection.execute("SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_master"))


def newest_schema() -> frozenset[tuple[str, ...]]:
    """The `schema` of a store that is up to date."""
    connection = sqlite3.connect(":memory:")
    try:
        migrate(connection)
        return schema(connection)
    finally:
        connection.close()


def _scripts() -> list[str]:
    folder = files("skinedge.records") / "migrations"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def _statements(script: str) -> Iterator[str]:
    # `executescript` would commit the transaction first.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
