"""The SQLite file of a store: opens, writes and reads it, and explains its errors.

WAL with synchronous=FULL: a transaction is on the disk when it is committed. Photos lie in the file too, so that a visit,
its photo and its entry in the log are one transaction, a backup is one file, and a writer that died leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from skinedge.errors import DiskFullError, StoreError

FILE = "records.sqlite"

RESERVE_BYTES = 64 * 1024**2
"""Left free on the disk, so that deleting a patient and a backup's entry in the log always have room."""

_WAIT_S = 10.0
_SETTINGS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: else its disks may keep what they promised in a cache.
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)


class Database:
    """One connection, which threads share by turns."""

    def __init__(self, file: Path) -> None:
        """Opens a file that exists. Raises: StoreError."""
        self._file = file
        self._turn = RLock()
        with explaining(file):
            uri = f"{file.absolute().as_uri()}?mode=rw"
            self._connection = sqlite3.connect(uri, uri=True, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
            # The hash must find a damaged text; it must not stop the reading.
            self._connection.text_factory = lambda data: data.decode("utf-8", "replace")
            try:
                for setting in _SETTINGS:
                    self._connection.execute(setting)
                mode = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            except sqlite3.Error:
                self._connection.close()
                raise
        if mode != "wal":
            self.close()
            raise StoreError(
                "records cannot be kept safely in {folder}: give a folder on a disk of this computer", folder=file.parent
            )

    def close(self) -> None:
        with self._turn:
            self._connection.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk at the end of the block, or undone where the block raises."""
        with self._transaction("BEGIN IMMEDIATE", "COMMIT") as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees the file as it is at one moment, whatever others write."""
        with self._transaction("BEGIN", "ROLLBACK") as connection:
            yield connection

    def sweep(self, *, wait: bool = True) -> bool:
        """Empties the write-ahead file. What was committed stays so, whatever happens here.

        Args:
            wait: for other programs that read, for some seconds.

        Returns: False where encrypted bytes stay in it, because another program was reading or the disk is full.
        """
        with self._turn:
            try:
                self._connection.execute(f"PRAGMA busy_timeout = {1000 * _WAIT_S if wait else 0:.0f}")
                return bool(self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
            except sqlite3.OperationalError:
                return False
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {1000 * _WAIT_S:.0f}")

    def copy_to(self, file: Path) -> None:
        """Writes a compact copy to an empty file, without that file's being flushed to the disk."""
        with self._turn, explaining(self._file):
            self._connection.execute("VACUUM INTO ?", [str(file)])

    @contextmanager
    def _transaction(self, begin: str, end: str) -> Iterator[sqlite3.Connection]:
        with self._turn, explaining(self._file):
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute(end)
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")


@contextmanager
def explaining(file: Path) -> Iterator[None]:
    """Turns errors of SQLite into one line for users. Raises: StoreError."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # Ours: a store that is used after it was closed, or a mistake in a statement.
    except sqlite3.Error as error:
        raise _explain(error, file) from error
    except UnicodeDecodeError as error:
        # Python could not read the line in which SQLite names what is damaged.
        raise _damaged(file, error.reason) from error


def create_file(folder: Path) -> Path:
    """An empty file for a store that the owner alone can read. Raises: StoreError where a store is there already."""
    file = folder / FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        left = [name for suffix in ("-wal", "-shm") if (folder / (name := FILE + suffix)).exists()]
        # SQLite would take the left-over of another store's writing for this one's.
        if left and not file.exists():
            raise StoreError(f"{folder} holds {left[0]} of another store: move that file away, or give another folder")
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            "cannot make a record store in {folder}: {reason}; give another folder", folder=folder, reason=error.strerror
        ) from None
    return file


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written to the disk of a folder."""
    return shutil.disk_usage(folder).free


def need_room(folder: Path, size_bytes: int, free: Callable[[Path], int] = free_bytes) -> None:
    """Raises: DiskFullError where writing so much would leave less than `RESERVE_BYTES`."""
    left = free(folder)
    if left - size_bytes < RESERVE_BYTES:
        raise DiskFullError(
            "nothing was saved: the disk has {left} MB left, and {needed} MB are needed; free some space and try again",
            left=f"{left / 1e6:.0f}",
            needed=f"{(size_bytes + RESERVE_BYTES) / 1e6:.0f}",
        )


def _explain(error: sqlite3.Error, file: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError("nothing was saved: the disk is full; free some space and try again")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError("another program is writing to {file}: try again later", file=file)
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreError(
            "cannot open {file}: make a store with skinedge records init, or give its folder with --records", file=file
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(file, str(error))
    return StoreError(
        "cannot use {file}: {reason}; check the disk, and that this user may write there", file=file, reason=str(error)
    )


def _damaged(file: Path, reason: str) -> StoreError:
    return StoreError(
        "{file} is damaged ({reason}): restore a backup with skinedge records restore", file=file, reason=reason
    )
