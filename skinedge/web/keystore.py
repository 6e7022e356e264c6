"""The record store of a station, open while it is needed. Only `Locker` opens and closes it.

It is open as long as some browser has given the passphrase, or a request that was let in is not answered yet. Both are
decided under one lock, together with the opening and the closing, so nobody is let in to a store that is just being closed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from skinedge.errors import PassphraseError, StoreError
from skinedge.records.ledger import Secret
from skinedge.records.recovery_key import RecoveryKey
from skinedge.records.store import RecordStore
from skinedge.web.drafts import Drafts

Value = TypeVar("Value")


class Locker:
    """Opens and closes one `RecordStore`. Safe to use from several threads."""

    def __init__(self, folder: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`folder` holds the records, or will."""
        self._folder = folder
        self._now = now
        self._open: tuple[RecordStore, Drafts] | None = None
        self._leases = 0
        self._turn = threading.Lock()
        """Held for moments, on the event loop too."""
        self._opening = threading.Lock()
        """Held for the second that a passphrase takes."""

    @property
    def exists(self) -> bool:
        """Whether there are records already; if not, the first passphrase makes them. Raises: StoreError."""
        return RecordStore.exists(self._folder)

    @property
    def is_open(self) -> bool:
        return self._open is not None

    @property
    def store(self) -> RecordStore:
        """For who holds a lease. Raises: StoreError where it is locked."""
        return self._opened()[0]

    @property
    def drafts(self) -> Drafts:
        """For who holds a lease. Raises: StoreError where it is locked."""
        return self._opened()[1]

    def unlock(self, passphrase: str, admit: Callable[[], Value], *, first: bool = False) -> Value | None:
        """Opens the store, and admits whoever gave the passphrase before anybody can close it again.

        Args:
            first: whether the passphrase may make the store, where there is none.

        Returns: what `admit` gives; None where the passphrase is not right.
        Raises: StoreError where the store cannot be opened or made for another reason.
        """
        return self._unlock(partial(self._open_or_make, passphrase, first), admit)

    def recover(self, key: RecoveryKey, passphrase: str, admit: Callable[[], Value]) -> Value | None:
        """Opens the store with its recovery key, sets another passphrase, and admits whoever gave them.

        Returns: what `admit` gives; None where it is not the key. Raises: StoreError, also where no key was ever made.
        """
        return self._unlock(partial(self._open_anew, key, passphrase), admit)

    def restore(self, file: Path, secret: Secret, admit: Callable[[], Value]) -> Value | None:
        """Makes the store from a backup, and admits whoever gave what opens it.

        Returns: what `admit` gives; None where it does not open the backup. Raises: StoreError, also where there is a store.
        """
        return self._unlock(partial(RecordStore.restore, file, self._folder, secret), admit)

    def _open_or_make(self, passphrase: str, first: bool) -> RecordStore:
        new = first and not self.exists
        return RecordStore.create(self._folder, passphrase) if new else RecordStore.open(self._folder, passphrase)

    def _open_anew(self, key: RecoveryKey, passphrase: str) -> RecordStore:
        with ExitStack() as stack:
            store = stack.enter_context(RecordStore.open(self._folder, key))
            store.change_passphrase(passphrase)
            stack.pop_all()
            return store

    def _unlock(self, open_store: Callable[[], RecordStore], admit: Callable[[], Value]) -> Value | None:
        with self._opening:
            try:
                store = open_store()
            except PassphraseError:
                return None
            with self._turn:
                spare = store if self._open else None
                self._open = self._open or (store, Drafts(store.drafts, self._now))
                admitted = admit()
            if spare:
                spare.close()
            return admitted

    def enter(self, may_enter: Callable[[], bool]) -> bool:
        """Lends the store: it stays open until `leave`. Returns: False where it is locked, or `may_enter` says no."""
        with self._turn:
            entered = self._open is not None and may_enter()
            self._leases += entered
            return entered

    def leave(self) -> None:
        with self._turn:
            self._leases -= 1

    def lock_unless(self, needed: Callable[[], bool]) -> None:
        """Closes the store, so that its key is no longer here, unless it is lent or needed."""
        with self._turn:
            if self._open is None or self._leases or needed():
                return
            store, self._open = self._open[0], None
        store.close()

    def lock(self) -> None:
        """Closes the store at the end of the program, whoever has it."""
        with self._turn:
            opened, self._open = self._open, None
        if opened:
            opened[0].close()

    def _opened(self) -> tuple[RecordStore, Drafts]:
        opened = self._open
        if opened is None:
            raise StoreError("the records are locked: unlock them and try again")
        return opened
