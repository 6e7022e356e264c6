"""The state of a running station. There is one `Station` a process, which `station_of` returns."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request

from skinedge.errors import StoreError
from skinedge.records.ledger import Secret
from skinedge.records.recovery_key import RecoveryKey
from skinedge.screening.screener import Screener
from skinedge.web.drafts import Drafts
from skinedge.web.kept import KeptForms
from skinedge.web.keystore import Locker
from skinedge.web.sessions import Attempts, Sessions, TooManyTriesError

Value = TypeVar("Value")


@dataclass
class Station:
    """A model, the records, and who is let in."""

    screener: Screener
    locker: Locker
    site: str = ""
    """Name of the health post, for records and slips."""
    host: str = "127.0.0.1"
    pin: str | None = field(default=None, repr=False)
    """The PIN that browsers must give first; None where only this machine can reach the station."""
    backups: Path | None = None
    """Folder for backups, such as a stick's; None where the operator named none."""
    encrypted: bool = False
    """Whether browsers reach it through TLS."""
    sessions: Sessions = field(default_factory=Sessions)
    kept: KeptForms = field(default_factory=KeptForms)
    """What was sent while the station was locked."""
    pin_attempts: Attempts = field(default_factory=Attempts)
    passphrase_attempts: Attempts = field(default_factory=Attempts)
    screening: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1), repr=False)
    """Held by the one screening or decoding at a time: two would take the memory of two, and each be slower."""

    _trying: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines reach it, and what they send and get can be read on the way."""
        return self.pin is not None and not self.encrypted

    @property
    def drafts(self) -> Drafts:
        """For requests that were let in. Raises: StoreError where the records are locked."""
        return self.locker.drafts

    def unlock(self, cookie: str, passphrase: str, *, pin_given: bool, first: bool) -> str | None:
        """Tries a passphrase for a browser. Returns: its new cookie; None where the passphrase is not right.

        Raises: TooManyTriesError; StoreError, see `Locker.unlock`.
        """
        admit = partial(self._admit, cookie, pin_given=pin_given)
        return self._try(partial(self.locker.unlock, passphrase, admit, first=first))

    def recover(self, cookie: str, key: RecoveryKey, passphrase: str, *, pin_given: bool) -> str | None:
        """Tries a recovery key, which sets another passphrase. Counts with `unlock`, and returns and raises the same."""
        admit = partial(self._admit, cookie, pin_given=pin_given)
        return self._try(partial(self.locker.recover, key, passphrase, admit))

    def restore(self, cookie: str, file: Path, secret: Secret, *, pin_given: bool) -> str | None:
        """Tries what may open a backup, which becomes the records. Counts with `unlock`, and returns and raises the same."""
        admit = partial(self._admit, cookie, pin_given=pin_given)
        return self._try(partial(self.locker.restore, file, secret, admit))

    def confirms(self, passphrase: str) -> bool:
        """Whether a browser that was let in knows the passphrase: asked before what cannot be undone.

        Raises: TooManyTriesError; StoreError.
        """
        return bool(self._try(lambda: self.locker.store.is_passphrase(passphrase) or None))

    def _admit(self, cookie: str, *, pin_given: bool) -> str:
        fresh = self.sessions.prove(cookie, pin=pin_given, passphrase=True)
        self.kept.move(cookie, fresh)
        return fresh

    def _try(self, attempt: Callable[[], Value | None]) -> Value | None:
        """What a try gives; None, which counts against everybody, where it was wrong."""
        # One at a time: else many guesses at once would all pass before the first is counted.
        with self._trying:
            if self.passphrase_attempts.wait_s():
                raise TooManyTriesError
            found = attempt()
            if found is None:
                self.passphrase_attempts.count_wrong()
            else:
                self.passphrase_attempts.forget()
            return found

    def enter(self, cookie: str) -> bool:
        """Lets a request in that comes from an unlocked browser: the records stay open until `locker.leave`."""
        return self.locker.enter(lambda: self.sessions.is_unlocked(cookie))

    def takes_pin(self, pin: str) -> bool:
        return self.pin is not None and hmac.compare_digest(self.pin.encode(), pin.encode())

    def forget_the_idle(self) -> None:
        """Closes the records once no browser needs them, and deletes visits that nobody went on with."""
        if self.locker.enter(self.sessions.anyone_unlocked):
            try:
                # Where the disk is full or failing, whoever works hears of it; here the lock matters more.
                with suppress(StoreError):
                    self.drafts.expire()
            finally:
                self.locker.leave()
        self.locker.lock_unless(self.sessions.anyone_unlocked)


def station_of(request: Request) -> Station:
    station: Station = request.app.state.station
    return station
