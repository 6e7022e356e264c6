"""Copies of a store: one file each, encrypted as the store is; whole and read back, or not there."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from skinedge.errors import DamagedRecordError, DiskFullError, StoreError
from skinedge.records import ledger
from skinedge.records.chain import Head
from skinedge.records.database import FILE, Database, create_file, explaining, need_room
from skinedge.records.ledger import Secret
from skinedge.records.migrations import version
from skinedge.records.vault import Vault
from skinedge.records.verification import find_problems, verify
from skinedge.runtime.staging import flush, staging

SUFFIX = ".skinedge"
REMIND_AFTER = timedelta(days=7)

_STAGE = "backup"
"""All copies of a folder are staged under one name, so that the next one removes what a killed one left."""


@dataclass(frozen=True)
class Backup:
    """A copy that was read back."""

    head: Head
    """Where its log ends."""
    damage: tuple[str, ...] = ()
    """What is wrong with the store itself, one line each; the copy has what is left."""


@dataclass(frozen=True)
class BackupState:
    """What would be lost with this machine."""

    last_at: datetime | None
    """When the last backup was made; None where there is none, or where its note cannot be read."""
    last_name: str
    unsaved_since: datetime | None
    """When the first entry was made that no backup holds; None where there is none."""
    unsaved_visits: int

    @property
    def none_since(self) -> datetime | None:
        """Since when nothing was backed up, where there is something to back up."""
        return self.unsaved_since and (self.last_at or self.unsaved_since)

    def is_due(self, now: datetime) -> bool:
        """Whether to remind people. A clock that was set back reminds too: it cannot tell how long ago the last one is."""
        return self.none_since is not None and not timedelta(0) <= now - self.none_since < REMIND_AFTER


def new_name(now: datetime) -> str:
    """A name that sorts by time, by the clock of this place."""
    return f"records-{now.astimezone():%Y-%m-%d-%H%M%S}{SUFFIX}"


def copy_out(store: Path, file: Path, vault: Vault, *, free: Callable[[Path], int]) -> Backup:
    """Writes a compact copy of a store that others may write to meanwhile, and reads it back.

    Raises: DiskFullError; StoreError where the file exists, cannot be written, or cannot be read back.
    """
    if file.exists():
        raise StoreError("{file} exists already: give another name, so that no backup is lost", file=file)
    with _beside(file) as copy:
        return _write(store, copy, vault, free)


@contextmanager
def lent_copy(store: Path, vault: Vault, *, free: Callable[[Path], int]) -> Iterator[tuple[Path, Backup]]:
    """A copy like that of `copy_out`, beside the store, which is gone after the block."""
    with _staged(store) as copy:
        yield copy, _write(store, copy, vault, free)


def remove_left_overs(folder: Path) -> None:
    """Removes copies that killed programs left beside a store, which hold whoever is deleted from it."""
    with suppress(OSError), staging(folder / _STAGE):
        pass


def note(store: Path, vault: Vault, name: str, head: Head) -> None:
    """Notes in the log that there is a backup."""
    # A connection of its own: the station may have been locked while a large copy was written.
    with closing(Database(store)) as database, database.write() as connection:
        ledger.append_note(connection, vault, "backup", {"file": name, "head": str(head)})


def read_state(connection: sqlite3.Connection, vault: Vault) -> BackupState:
    """What the last backup holds, and what has come since."""
    # What a store was restored from holds all that came before.
    last = ledger.last_of_kind(connection, "backup", "restore")
    try:
        note_ = ledger.open_note(connection, vault, last) if last else {}
    except DamagedRecordError:  # `verify` names it. Here it counts as no backup.
        last, note_ = None, {}
    # What was added while the copy was made stands before the note, and after the head of the copy.
    saved = Head.parse(note_["head"]).sequence if "head" in note_ else last.sequence if last else 0
    kinds = "kind IN ('visit', 'override', 'outcome', 'deletion')"
    first = connection.execute(f"SELECT min(time) FROM log WHERE sequence > ? AND {kinds}", [saved]).fetchone()[0]
    visits = connection.execute("SELECT count(*) FROM visit WHERE sequence > ?", [saved]).fetchone()[0]
    return BackupState(
        last_at=datetime.fromisoformat(last.time) if last else None,
        last_name=note_.get("file", ""),
        unsaved_since=datetime.fromisoformat(first) if first else None,
        unsaved_visits=visits,
    )


def copy_back(file: Path, folder: Path, secret: Secret, *, free: Callable[[Path], int]) -> None:
    """Puts a copy in place as a store. Raises: PassphraseError, DiskFullError, StoreError."""
    if not file.is_file():
        raise StoreError("there is no backup {file}: give a file made by skinedge records backup", file=file)
    if _size(file.with_name(file.name + "-wal")):
        raise StoreError(f"{file} is a store in use, not a backup: copy it with skinedge records backup")
    with _opened_alone(file) as connection:
        if not version(connection):
            raise StoreError("{file} is no backup: give a file made by skinedge records backup", file=file)
        ledger.open_vault(connection, secret)
    store = create_file(folder)
    if _size(store):
        raise StoreError(f"{folder} holds a record store already: give another folder")
    need_room(folder, _size(file), free)
    with _beside(store) as copy:
        shutil.copyfile(file, copy)


def _write(store: Path, copy: Path, vault: Vault, free: Callable[[Path], int]) -> Backup:
    need_room(copy.parent, store.stat().st_size + _size(store.with_name(FILE + "-wal")), free)
    # A connection of its own, so that a station answers meanwhile.
    with closing(Database(store)) as database:
        database.copy_to(copy)
    _leave_out_drafts(copy)
    flush(copy)
    _forget_cached(copy)
    with _opened_alone(copy) as connection:
        damage = tuple(find_problems(connection, vault))
        # A copy of what is left of a damaged store is worth having; a copy that adds damage is not.
        added = set(damage) - set(verify(store, vault, ())) if damage else set()
        if added:
            raise StoreError(
                "the backup cannot be read back ({reason}): try again, or take another stick", reason=min(added)
            )
        return Backup(ledger.read_head(connection, vault), damage)


def _leave_out_drafts(copy: Path) -> None:
    """A patient may yet say no to what an unfinished visit holds, and nobody can take it out of a backup then."""
    with explaining(copy), closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA temp_store = MEMORY")
        if connection.execute("SELECT EXISTS (SELECT 1 FROM draft)").fetchone()[0]:
            for table in ("draft_part", "draft"):
                connection.execute(f"DELETE FROM {table}")
            connection.execute("VACUUM")


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """An empty file that its owner alone can read; on the disk and in the place of `file` when all went well."""
    with _staged(file) as copy:
        yield copy
        flush(copy)
        copy.replace(file)
        flush(file.parent)


@contextmanager
def _staged(file: Path) -> Iterator[Path]:
    """An empty file for its owner alone in the folder of `file`, gone after the block if it was not moved."""
    try:
        with staging(file.parent / _STAGE) as folder:
            copy = folder / "copy"
            os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            yield copy
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError(
                "{file} was not written: the disk is full; free some space or give another place", file=file
            ) from None
        raise StoreError("cannot write {file}: {reason}; give another place", file=file, reason=error.strerror) from None


def _forget_cached(file: Path) -> None:
    """Lets the next read come from the disk, where the system can be told so."""
    if hasattr(os, "posix_fadvise"):
        with file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def _opened_alone(file: Path) -> Iterator[sqlite3.Connection]:
    """A copy to read, without making files beside it: it may lie on a stick that is not to be written to."""
    uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    with explaining(file), closing(sqlite3.connect(uri, uri=True)) as connection:
        # As in `Database`: the hash must find a damaged text; it must not stop the reading.
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        yield connection


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
