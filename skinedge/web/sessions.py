"""The sessions of browsers that gave the PIN and the passphrase, until they are idle or lock themselves.

A browser that has proved nothing costs no memory: its cookie is a random number, and its form token is derived from that
number and a secret of this process.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from skinedge.web.limits import IDLE_S, SESSIONS

Clock = Callable[[], float]


@dataclass
class Session:
    """The proofs that one browser has given."""

    last_used_s: float
    pin_given: bool = False
    unlocked: bool = False


@dataclass
class Sessions:
    """Sessions by the value of the cookie. Safe to use from several threads."""

    idle_s: float = IDLE_S
    clock: Clock = time.monotonic
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _by_cookie: dict[str, Session] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def new_cookie(self) -> str:
        return secrets.token_urlsafe(32)

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie, used just now; None where there is none, or it was idle for too long."""
        with self._lock:
            self._forget_idle()
            session = self._by_cookie.get(cookie)
            if session is not None:
                session.last_used_s = self.clock()
            return session

    def prove(self, cookie: str, *, pin: bool = False, passphrase: bool = False) -> str:
        """Notes what a browser has proved. Returns: its new cookie; one that was known before the proof is worth nothing."""
        with self._lock:
            self._forget_idle()
            session = self._by_cookie.pop(cookie, None) or Session(self.clock())
            session.pin_given |= pin
            session.unlocked |= passphrase
            session.last_used_s = self.clock()
            while len(self._by_cookie) >= SESSIONS:
                del self._by_cookie[min(self._by_cookie, key=lambda known: self._by_cookie[known].last_used_s)]
            fresh = self.new_cookie()
            self._by_cookie[fresh] = session
            return fresh

    def is_unlocked(self, cookie: str) -> bool:
        """Whether a browser has given the passphrase, and was not idle for too long since."""
        session = self.find(cookie)
        return session is not None and session.unlocked

    def end(self, cookie: str) -> None:
        with self._lock:
            self._by_cookie.pop(cookie, None)

    def anyone_unlocked(self) -> bool:
        """Whether the key of the records is still needed."""
        with self._lock:
            self._forget_idle()
            return any(session.unlocked for session in self._by_cookie.values())

    def form_token(self, cookie: str) -> str:
        """The token that shows that a form was made for this browser, by this process."""
        return hmac.new(self._secret, cookie.encode(), hashlib.sha256).hexdigest()

    def owns_token(self, cookie: str, token: str) -> bool:
        return hmac.compare_digest(self.form_token(cookie).encode(), token.encode())

    def _forget_idle(self) -> None:
        oldest = self.clock() - self.idle_s
        self._by_cookie = {known: one for known, one in self._by_cookie.items() if one.last_used_s > oldest}


class TooManyTriesError(Exception):
    """Nobody may try now: `Attempts.wait_s` says how long."""


@dataclass
class Attempts:
    """Makes guessing slow: after some wrong tries nobody may try for a while, and longer each time.

    All browsers count together: on a Wi-Fi network one machine can have many addresses. Browsers that are let in already
    notice nothing.
    """

    free: int = 5
    first_wait_s: float = 30.0
    longest_wait_s: float = 900.0
    clock: Clock = time.monotonic
    _wrong: int = 0
    _until_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def wait_s(self) -> float:
        """Seconds until the next try is allowed; 0 where it is."""
        return max(0.0, self._until_s - self.clock())

    def count_wrong(self) -> None:
        with self._lock:
            self._wrong += 1
            if self._wrong >= self.free:
                wait = self.first_wait_s * 2.0 ** min(self._wrong - self.free, 20)
                self._until_s = self.clock() + min(wait, self.longest_wait_s)

    def forget(self) -> None:
        """After the right answer."""
        with self._lock:
            self._wrong, self._until_s = 0, 0.0
