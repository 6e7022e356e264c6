"""The state of a running station. There is one `Station` a process, which `station_of` returns."""

from __future__ import annotations

import hmac
import threading
from dataclasses import dataclass, field

from starlette.requests import Request

from skinedge.screening.screener import Screener
from skinedge.web.drafts import Drafts
from skinedge.web.keystore import Locker
from skinedge.web.sessions import Attempts, Sessions


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
    encrypted: bool = False
    """Whether browsers reach it through TLS."""
    sessions: Sessions = field(default_factory=Sessions)
    drafts: Drafts = field(default_factory=Drafts)
    pin_attempts: Attempts = field(default_factory=Attempts)
    passphrase_attempts: Attempts = field(default_factory=Attempts)
    screening: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1), repr=False)
    """Held by the one screening or decoding at a time: two would take the memory of two, and each be slower."""

    def takes_pin(self, pin: str) -> bool:
        return self.pin is not None and hmac.compare_digest(self.pin.encode(), pin.encode())

    def forget_the_idle(self) -> None:
        """Closes the records once no browser has them open, and drops visits that nobody finished."""
        self.drafts.forget_old()
        if not self.sessions.anyone_unlocked():
            self.locker.lock()


def station_of(request: Request) -> Station:
    station: Station = request.app.state.station
    return station
