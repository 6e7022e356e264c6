"""The records of a screening station: one encrypted SQLite file in a folder of its owner."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from types import TracebackType

from skinedge.errors import PassphraseError, StoreError
from skinedge.folders import data_folder
from skinedge.records import backup, drafts, keys, ledger, reading
from skinedge.records.backup import Backup, BackupState
from skinedge.records.chain import Entry, Head, Kind
from skinedge.records.database import FILE, Database, create_file, free_bytes, need_room
from skinedge.records.deletion import Deletion, delete_patient
from skinedge.records.drafts import DraftRows
from skinedge.records.ledger import Model, Secret, VisitRow
from skinedge.records.migrations import migrate, version
from skinedge.records.recovery_key import RecoveryKey
from skinedge.records.state import present_state
from skinedge.records.vault import USUAL_COST, Cost, Lock, Vault, new_key
from skinedge.records.verification import verify
from skinedge.records.visit import Outcome, Override, Record, Visit
from skinedge.runtime.staging import flush

_OVERHEAD_BYTES = 256 * 1024
"""Of a transaction, beyond what is kept: pages of indexes, in the write-ahead file and in the store."""

_CHOSEN = "(?1 IS NULL OR patient_mac = ?1) AND (?2 IS NULL OR created_at >= ?2)"
_HAS_OUTCOME = "visit_id IN (SELECT visit_id FROM log WHERE kind = 'outcome')"
_NEWEST_FIRST = "ORDER BY created_at DESC, sequence DESC"


@dataclass(frozen=True)
class Page:
    """Some of the records, newest first."""

    records: tuple[Record, ...]
    total: int
    """How many there are on all pages."""
    unreadable: tuple[str, ...] = ()
    """Ids of visits on this page that are damaged: `RecordStore.verify` says how. The others can still be read."""


@dataclass(frozen=True)
class Event:
    """An entry of the log with what it says about the store itself; the note of what belongs to a patient is empty."""

    entry: Entry
    note: Mapping[str, str]
    """Such as `reason` and `by` of a deletion, or `file` of a backup."""


class RecordStore:
    """Safe to use from several threads, and several processes may have the same store open.

    A method that changes something is durable when it returns: it survives `kill -9` and a loss of power. Where it raises,
    nothing of it is written. All methods raise StoreError where the file cannot be read or written.
    """

    def __init__(
        self, database: Database, vault: Vault, folder: Path, free: Callable[[Path], int], *, by_recovery_key: bool = False
    ) -> None:
        """For `create`, `open` and `restore`."""
        self._by_recovery_key = by_recovery_key
        self._database = database
        self._vault = vault
        self._folder = folder
        self._free = free
        self.drafts = DraftRows(database, vault, self._need_room)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether `open` would find a store: whoever is killed in `create` leaves a file, and none. Raises: StoreError."""
        if not (folder / FILE).exists():
            return False
        with closing(Database(folder / FILE)) as database, database.read() as connection:
            return version(connection) > 0

    @classmethod
    def create(
        cls, folder: Path, passphrase: str, *, free: Callable[[Path], int] = free_bytes, cost: Cost = USUAL_COST
    ) -> RecordStore:
        """Makes a store.

        Args:
            folder: is made, for its owner alone, where it does not exist.
            free: tells the bytes that are free on the disk of a folder.
            cost: of one guess at the passphrase.

        Raises: StoreError where there is a store already, or the passphrase is too short.
        """
        vault = Vault(new_key(), store_id=token_hex(16))
        lock = Lock.close(vault.data_key, passphrase, store_id=vault.store_id, cost=cost)
        database = Database(create_file(folder))
        try:
            # One transaction: whoever is killed in it leaves an empty file, which is no store yet.
            with database.write() as connection:
                if version(connection):
                    raise StoreError(f"{folder} holds a record store already: open that one, or give another folder")
                need_room(folder, _OVERHEAD_BYTES, free)
                migrate(connection)
                ledger.write_lock(connection, lock)
                ledger.append_note(connection, vault, "created", ledger.lock_note(lock))
            for path in (folder, folder.parent):
                flush(path)
        except BaseException:
            database.close()
            raise
        return cls(database, vault, folder, free)

    @classmethod
    def open(cls, folder: Path, secret: Secret, *, free: Callable[[Path], int] = free_bytes) -> RecordStore:
        """Opens a store with its passphrase or its recovery key, and brings it up to date where an older program made it.

        Raises: PassphraseError; StoreError where there is none, a newer program made it, or it is damaged.
        """
        database = Database(folder / FILE)
        try:
            with database.read() as connection:
                if not version(connection):
                    raise StoreError(f"the record store in {folder} was never finished: run skinedge records init again")
                vault = ledger.open_vault(connection, secret)
            with database.write() as connection:
                migrate(connection)
                last = connection.execute("SELECT kind FROM log ORDER BY sequence DESC LIMIT 1").fetchone()
            # Whoever deleted a patient, replaced a lock or wiped a draft may have been killed before sweeping.
            database.sweep(wait=last in (("deletion",), ("passphrase",), ("recovery",)))
        except BaseException:
            database.close()
            raise
        return cls(database, vault, folder, free, by_recovery_key=isinstance(secret, RecoveryKey))

    @classmethod
    def restore(cls, file: Path, folder: Path, secret: Secret, *, free: Callable[[Path], int] = free_bytes) -> RecordStore:
        """Makes a store from a backup, in a folder that has none.

        What was deleted after the backup is back in it, and what was added after it is not.

        Raises: PassphraseError, DiskFullError, StoreError.
        """
        backup.copy_back(file, folder, secret, free=free)
        store = cls.open(folder, secret, free=free)
        store._note("restore", {"file": file.name})
        return store

    def __enter__(self) -> RecordStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file. Closing twice is no error."""
        self._database.close()

    def add_visit(self, visit: Visit, photo: bytes | None, *, draft_id: str | None = None) -> Head:
        """Keeps a visit and the very bytes of the photo that was screened; None where the patient did not agree to that.

        Args:
            draft_id: the draft that becomes this visit: it is wiped in the same moment.

        Returns: where the log ends now; fit to be printed on the slip.
        Raises: DiskFullError before anything is written; UnknownDraftError where there is no such draft; StoreError where
            the id is taken, or the photo is not the one whose SHA-256 the result names.
        """
        if photo is not None and sha256(photo).hexdigest() != visit.result.photo_sha256:
            raise StoreError("the photo to keep is not the one that was screened: keep the very bytes that were screened")
        payload = visit.model_dump_json().encode()
        self._need_room(len(payload) + len(photo or b""))
        with self._database.write() as connection:
            if connection.execute("SELECT 1 FROM log WHERE visit_id = ?", [visit.visit_id]).fetchone():
                raise StoreError(f"there is a visit {visit.visit_id} already: take another id from new_visit_id")
            sequence = ledger.read_head(connection, self._vault).sequence + 1
            patient_mac = self._vault.patient_mac(visit.patient)
            row = VisitRow(sequence, visit.visit_id, ledger.written(visit.created_at), patient_mac).with_new_key(self._vault)
            ledger.write_visit_row(connection, row)
            if draft_id is not None:
                drafts.finish(connection, draft_id, visit.visit_id)
            head = ledger.append(
                connection,
                self._vault,
                "visit",
                payload,
                visit_id=visit.visit_id,
                model=Model(visit.result.model_name, visit.result.model_sha256),
                cipher=row.cipher(self._vault),
                photo=photo,
            )
        if draft_id is not None:
            self._database.sweep(wait=False)
        return head

    def add_override(self, visit_id: str, override: Override) -> Head:
        """Adds a decision to a visit. Raises: UnknownVisitError, DamagedRecordError, DiskFullError."""
        return self._add(visit_id, override)

    def add_outcome(self, visit_id: str, outcome: Outcome) -> Head:
        """Adds a finding to a visit. Raises: UnknownVisitError, DamagedRecordError, DiskFullError."""
        return self._add(visit_id, outcome)

    def records(
        self, *, limit: int = 50, offset: int = 0, patient: str | None = None, since: datetime | None = None
    ) -> Page:
        """Reads records, newest first: all, those of one patient, or those of visits at or after a moment."""
        chosen = self._chosen(patient, since)
        with self._database.read() as connection:
            total = connection.execute(f"SELECT count(*) FROM visit WHERE {_CHOSEN}", chosen).fetchone()[0]
            condition = f"{_CHOSEN} {_NEWEST_FIRST} LIMIT ?3 OFFSET ?4"
            records, unreadable = self._read(connection, condition, *chosen, limit, offset)
        return Page(records, total, unreadable)

    def alerts(self, *, patient: str | None = None, since: datetime | None = None) -> Page:
        """The records of `records` that are malignant and not referred, newest first; see `present_state`."""
        # Without an outcome there is no alert, and few visits have one.
        condition = f"{_CHOSEN} AND {_HAS_OUTCOME} {_NEWEST_FIRST}"
        with self._database.read() as connection:
            found, unreadable = self._read(connection, condition, *self._chosen(patient, since))
        records = tuple(record for record in found if present_state(record).is_alert)
        return Page(records, len(records), unreadable)

    def record(self, visit_id: str) -> Record:
        """Reads one record. Raises: UnknownVisitError, DamagedRecordError."""
        with self._database.read() as connection:
            return reading.read_record(connection, self._vault, visit_id)

    def photo(self, visit_id: str) -> bytes | None:
        """The photo as it was screened; None where it was not kept. Raises: UnknownVisitError, DamagedRecordError."""
        with self._database.read() as connection:
            return reading.read_photo(connection, self._vault, visit_id)

    def delete_patient(self, patient: str, *, reason: str, by: str) -> Deletion:
        """Destroys all visits of a patient. The log keeps that, when, why and by whom visits were deleted; not whose.

        So `reason` should name nobody. Raises: UnknownVisitError where there is no visit of this patient.
        """
        backup.remove_left_overs(self._folder)
        return delete_patient(self._database, self._vault, patient, reason=reason, by=by)

    def log(self) -> tuple[Event, ...]:
        """The whole log, oldest first. Raises: DamagedRecordError."""
        with self._database.read() as connection:
            return tuple(
                Event(entry, {} if entry.kind in ledger.OF_A_PATIENT else ledger.open_note(connection, self._vault, entry))
                for entry, _ in list(ledger.entries(connection))
            )

    def head(self) -> Head:
        """Where the log ends."""
        with self._database.read() as connection:
            return ledger.read_head(connection, self._vault)

    def verify(self, *heads: Head) -> list[str]:
        """Looks for edits, deletions and reordering. `heads` are those written down earlier elsewhere.

        Others may read and write meanwhile. Returns: one line a problem; none where all is well.
        """
        return verify(self._folder / FILE, self._vault, heads)

    def backup(self, file: Path) -> Backup:
        """Writes an encrypted copy that `restore` takes, and reads it back. Whatever opens the store today opens it.

        Others may read and write meanwhile. Raises: DiskFullError; StoreError where the file exists already, or what was
        written cannot be read back.
        """
        made = backup.copy_out(self._folder / FILE, file, self._vault, free=self._free)
        self.note_backup(file.name, made.head)
        return made

    def lent_copy(self) -> AbstractContextManager[tuple[Path, Backup]]:
        """A copy like that of `backup` for the length of a block, to be sent elsewhere and then noted by `note_backup`."""
        return backup.lent_copy(self._folder / FILE, self._vault, free=self._free)

    def note_backup(self, name: str, head: Head) -> None:
        """Notes in the log that there is a backup. Works when the store was closed meanwhile, too."""
        backup.note(self._folder / FILE, self._vault, name, head)

    def backup_state(self) -> BackupState:
        """When the last backup was made, and what it lacks."""
        with self._database.read() as connection:
            return backup.read_state(connection, self._vault)

    def change_passphrase(self, passphrase: str) -> None:
        """From now on another passphrase opens the store. The recovery key stays. Backups keep that of their day.

        Raises: StoreError where it is too short.
        """
        note = {"by": "recovery key"} if self._by_recovery_key else {}
        keys.change_passphrase(self._database, self._vault, passphrase, note)

    def is_passphrase(self, text: str) -> bool:
        """Whether a text is the passphrase of today: asked before what cannot be undone."""
        with self._database.read() as connection:
            lock = ledger.read_lock(connection)
        try:
            return lock.open(text) == self._vault.data_key
        except PassphraseError:
            return False

    def new_recovery_key(self) -> RecoveryKey:
        """Makes a recovery key, which replaces the one before. It is nowhere but in what this returns."""
        return keys.new_recovery_key(self._database, self._vault)

    def note_recovery_key_on_paper(self) -> None:
        """Writes down that somebody has the recovery key of today on paper. Raises: StoreError where there is none."""
        keys.note_recovery_key_on_paper(self._database, self._vault)

    def recovery_key_is_on_paper(self) -> bool:
        """Whether somebody said so: a key may be made by an answer that never reached its browser."""
        return keys.recovery_key_is_on_paper(self._database, self._vault)

    def recovery_key_made_at(self) -> datetime | None:
        """When the recovery key of today was made, or last said to be on paper; None where there is none."""
        return keys.recovery_key_made_at(self._database)

    def _chosen(self, patient: str | None, since: datetime | None) -> tuple[bytes | None, str | None]:
        patient_mac = None if patient is None else self._vault.patient_mac(patient)
        return patient_mac, None if since is None else ledger.written(since)

    def _read(
        self, connection: sqlite3.Connection, condition: str, *values: bytes | str | int | None
    ) -> tuple[tuple[Record, ...], tuple[str, ...]]:
        rows = connection.execute(f"SELECT {VisitRow.COLUMNS} FROM visit WHERE {condition}", values)
        return reading.read_records(connection, self._vault, [VisitRow(*row) for row in rows])

    def _add(self, visit_id: str, part: Override | Outcome) -> Head:
        payload = part.model_dump_json().encode()
        self._need_room(len(payload))
        with self._database.write() as connection:
            row = reading.find_visit(connection, visit_id)
            return ledger.append(
                connection,
                self._vault,
                "override" if isinstance(part, Override) else "outcome",
                payload,
                visit_id=visit_id,
                model=ledger.model_of(connection, row),
                cipher=row.cipher(self._vault),
            )

    def _note(self, kind: Kind, note: Mapping[str, str]) -> None:
        with self._database.write() as connection:
            ledger.append_note(connection, self._vault, kind, note)

    def _need_room(self, size_bytes: int) -> None:
        # What is written lies in the write-ahead file and in the store for a while.
        need_room(self._folder, 2 * size_bytes + _OVERHEAD_BYTES, self._free)


def default_folder() -> Path:
    """Where this user's records lie, see `data_folder`."""
    return data_folder() / "records"
