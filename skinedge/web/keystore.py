"""The record store of a station, open while somebody has given the passphrase."""

from __future__ import annotations

import threading
from pathlib import Path

from skinedge.errors import PassphraseError, StoreError
from skinedge.records.database import FILE
from skinedge.records.store import RecordStore


class Locker:
    """Opens and closes one `RecordStore`. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds the records, or will."""
        self._folder = folder
        self._store: RecordStore | None = None
        self._lock = threading.Lock()

    @property
    def exists(self) -> bool:
        """Whether there are records already; if not, the first passphrase makes them."""
        return (self._folder / FILE).exists()

    @property
    def is_open(self) -> bool:
        return self._store is not None

    @property
    def store(self) -> RecordStore:
        """Raises: StoreError where it is locked: whoever asked was let in before."""
        store = self._store
        if store is None:
            raise StoreError("the records are locked: unlock them and try again")
        return store

    def unlock(self, passphrase: str) -> bool:
        """Opens the store, or makes it. Returns: whether the passphrase is right.

        Raises: StoreError where the store cannot be opened or made for another reason.
        """
        with self._lock:
            if not self.exists:
                self._store = RecordStore.create(self._folder, passphrase)
                return True
            try:
                store = RecordStore.open(self._folder, passphrase)
            except PassphraseError:
                return False
            if self._store is None:
                self._store = store
            else:
                store.close()
            return True

    def lock(self) -> None:
        """Closes the store, so that its key is no longer here."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None
