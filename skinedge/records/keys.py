"""Sets another passphrase, and makes the recovery key; both wrap the same data key, so nothing is encrypted anew."""

from __future__ import annotations

from datetime import datetime

from skinedge.records import ledger
from skinedge.records.database import Database
from skinedge.records.recovery_key import RecoveryKey, RecoveryLock
from skinedge.records.vault import Lock, Vault

_ON_PAPER = "on_paper"


def change_passphrase(database: Database, vault: Vault, passphrase: str, note: dict[str, str]) -> None:
    """Puts the data key under another passphrase. Raises: StoreError where it is too short."""
    with database.write() as connection:
        cost = ledger.read_lock(connection).cost
        lock = Lock.close(vault.data_key, passphrase, store_id=vault.store_id, cost=cost)
        ledger.write_lock(connection, lock)
        ledger.append_note(connection, vault, "passphrase", ledger.lock_note(lock) | note)
    database.sweep()


def new_recovery_key(database: Database, vault: Vault) -> RecoveryKey:
    """Puts the data key under a new recovery key as well. The one before opens nothing any more, but older backups."""
    key = RecoveryKey.new()
    lock = RecoveryLock.close(vault.data_key, key, store_id=vault.store_id)
    with database.write() as connection:
        ledger.write_recovery_lock(connection, lock)
        ledger.append_note(connection, vault, "recovery", ledger.lock_note(lock))
    database.sweep()
    return key


def note_recovery_key_on_paper(database: Database, vault: Vault) -> None:
    """Writes down that somebody has the recovery key of today on paper. Raises: StoreError where there is none."""
    with database.write() as connection:
        lock = ledger.read_recovery_lock(connection)
        ledger.append_note(connection, vault, "recovery", ledger.lock_note(lock) | {_ON_PAPER: "yes"})


def recovery_key_is_on_paper(database: Database, vault: Vault) -> bool:
    """Whether somebody said so: a key may be made by an answer that never reached its browser."""
    with database.read() as connection:
        last = ledger.last_of_kind(connection, "recovery")
        return last is not None and _ON_PAPER in ledger.open_note(connection, vault, last)


def recovery_key_made_at(database: Database) -> datetime | None:
    """When the recovery key of today was made, or last said to be on paper; None where there is none."""
    with database.read() as connection:
        last = ledger.last_of_kind(connection, "recovery")
    return datetime.fromisoformat(last.time) if last else None
