"""Copies of a store: one file each, encrypted as the store is, whole or not there."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from skinedge.errors import DiskFullError, StoreError
from skinedge.records import ledger
from skinedge.records.chain import Head
from skinedge.records.database import FILE, Database, create_file, explaining, need_room
from skinedge.records.migrations import version
from skinedge.records.vault import Vault
from skinedge.runtime.staging import flush


def copy_out(store: Path, file: Path, vault: Vault, *, free: Callable[[Path], int]) -> Head:
    """Writes a compact copy of a store that others may write to meanwhile.

    Returns: where the log of the copy ends. Raises: DiskFullError; StoreError where the file exists or cannot be written.
    """
    if file.exists():
        raise StoreError(f"{file} exists already: give another name, so that no backup is lost")
    with _beside(file) as copy:
        need_room(file.parent, store.stat().st_size + _size(store.with_name(FILE + "-wal")), free)
        # A connection of its own, so that a station answers meanwhile.
        with closing(Database(store)) as database:
            database.copy_to(copy)
        _leave_out_drafts(copy)
        with _opened_alone(copy) as connection:
            return ledger.read_head(connection, vault)


def _leave_out_drafts(copy: Path) -> None:
    """A patient may yet say no to what an unfinished visit holds, and nobody can take it out of a backup then."""
    with explaining(copy), closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        if connection.execute("SELECT EXISTS (SELECT 1 FROM draft)").fetchone()[0]:
            for table in ("draft_part", "draft"):
                connection.execute(f"DELETE FROM {table}")
            connection.execute("VACUUM")


def copy_back(file: Path, folder: Path, passphrase: str, *, free: Callable[[Path], int]) -> None:
    """Puts a copy in place as a store. Raises: PassphraseError, DiskFullError, StoreError."""
    if not file.is_file():
        raise StoreError(f"there is no backup {file}: give a file made by skinedge records backup")
    if _size(file.with_name(file.name + "-wal")):
        raise StoreError(f"{file} is a store in use, not a backup: copy it with skinedge records backup")
    with _opened_alone(file) as connection:
        if not version(connection):
            raise StoreError(f"{file} is no backup: give a file made by skinedge records backup")
        ledger.read_lock(connection).open(passphrase)
    store = create_file(folder)
    if _size(store):
        raise StoreError(f"{folder} holds a record store already: give another folder")
    need_room(folder, _size(file), free)
    with _beside(store) as copy:
        shutil.copyfile(file, copy)


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """An empty file that its owner alone can read; on the disk and in the place of `file` when all went well."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".tmp")
        os.close(handle)
        copy = Path(name)
        try:
            yield copy
            flush(copy)
            copy.replace(file)
            flush(file.parent)
        finally:
            copy.unlink(missing_ok=True)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError(f"{file} was not written: the disk is full; free some space or give another place") from None
        raise StoreError(f"cannot write {file}: {error.strerror}; give another place") from None


@contextmanager
def _opened_alone(file: Path) -> Iterator[sqlite3.Connection]:
    """A copy to read, without making files beside it: it may lie on a stick that is not to be written to."""
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    with explaining(file), closing(sqlite3.connect(uri, uri=True)) as connection:
        yield connection


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
