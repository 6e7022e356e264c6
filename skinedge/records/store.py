"""The records of a screening station: one encrypted SQLite file, `records.sqlite`, in a folder that its owner alone can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

from skinedge.records.chain import Entry, Head
from skinedge.records.visit import Outcome, Override, Record, Visit


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written to the disk of a folder."""
    raise NotImplementedError


@dataclass(frozen=True)
class Page:
    """Some of the records, newest first."""

    records: tuple[Record, ...]
    total: int
    """How many there are on all pages."""
    unreadable: tuple[str, ...] = ()
    """Ids of visits on this page that are damaged: `RecordStore.verify` says how. The others can be read all the same."""


@dataclass(frozen=True)
class Deletion:
    """What was deleted, and where copies remain."""

    visit_ids: tuple[str, ...]
    backups: tuple[str, ...]
    """File names of backups that were made while the store held this patient, and still hold them: delete those too."""


@dataclass(frozen=True)
class Event:
    """An entry of the log with what it says about the store itself; the note of what belongs to a patient is empty."""

    entry: Entry
    note: Mapping[str, str]
    """Such as `reason` and `by` of a deletion, or `file` of a backup."""


class RecordStore:
    """Safe to use from several threads, and several processes may have the same store open.

    A method that changes something is durable when it returns: it survives `kill -9` and a loss of power. Whatever it raises,
    nothing of it is written. All methods raise StoreError where the file cannot be read or written.
    """

    @classmethod
    def create(cls, folder: Path, passphrase: str, *, free: Callable[[Path], int] = free_bytes) -> RecordStore:
        """Makes a store. Raises: StoreError where there is one already or the passphrase is too short."""
        raise NotImplementedError

    @classmethod
    def open(cls, folder: Path, passphrase: str, *, free: Callable[[Path], int] = free_bytes) -> RecordStore:
        """Opens a store, and brings it up to date where an older program made it.

        Raises: PassphraseError; StoreError where there is none, a newer program made it, or it is damaged.
        """
        raise NotImplementedError

    @classmethod
    def restore(cls, file: Path, folder: Path, passphrase: str) -> RecordStore:
        """Makes a store from a backup, in a folder that has none. Raises: PassphraseError, DiskFullError, StoreError."""
        raise NotImplementedError

    def __enter__(self) -> RecordStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file. Closing twice is no error."""
        raise NotImplementedError

    def add_visit(self, visit: Visit, photo: bytes | None) -> Head:
        """Keeps a visit and the very bytes of the photo that was screened; None where the patient did not agree to that.

        Returns: where the log ends now; fit to be printed on the slip.
        Raises: DiskFullError before anything is written; StoreError where the id is taken, or the photo is not the one whose
            SHA-256 the result names.
        """
        raise NotImplementedError

    def add_override(self, visit_id: str, override: Override) -> Head:
        """Adds a decision to a visit. Raises: UnknownVisitError, DiskFullError."""
        raise NotImplementedError

    def add_outcome(self, visit_id: str, outcome: Outcome) -> Head:
        """Adds a finding to a visit. Raises: UnknownVisitError, DiskFullError."""
        raise NotImplementedError

    def records(
        self, *, limit: int = 50, offset: int = 0, patient: str | None = None, since: datetime | None = None
    ) -> Page:
        """Reads records, newest first: all, those of one patient, or those of visits at or after a moment."""
        raise NotImplementedError

    def record(self, visit_id: str) -> Record:
        """Reads one record. Raises: UnknownVisitError, DamagedRecordError."""
        raise NotImplementedError

    def photo(self, visit_id: str) -> bytes | None:
        """The photo as it was screened; None where it was not kept. Raises: UnknownVisitError, DamagedRecordError."""
        raise NotImplementedError

    def delete_patient(self, patient: str, *, reason: str, by: str) -> Deletion:
        """Destroys all visits of a patient. The log keeps that, when, why and by whom visits were deleted; not whose.

        Raises: UnknownVisitError where there is no visit of this patient.
        """
        raise NotImplementedError

    def log(self) -> tuple[Event, ...]:
        """The whole log, oldest first."""
        raise NotImplementedError

    def head(self) -> Head:
        """Where the log ends."""
        raise NotImplementedError

    def verify(self, *heads: Head) -> list[str]:
        """Looks for edits, deletions and reordering. `heads` are those written down earlier elsewhere.

        Returns: one line a problem; none where all is well.
        """
        raise NotImplementedError

    def backup(self, file: Path) -> Head:
        """Writes an encrypted copy that `restore` takes, under the passphrase of today.

        Returns: where the log of the copy ends. Raises: DiskFullError; StoreError where the file exists already.
        """
        raise NotImplementedError

    def change_passphrase(self, passphrase: str) -> None:
        """From now on another passphrase opens the store. Backups made before keep the old one."""
        raise NotImplementedError


def default_folder() -> Path:
    """Where this user's records lie: `$XDG_DATA_HOME/skinedge/records`, or the platform's place for data."""
    raise NotImplementedError
