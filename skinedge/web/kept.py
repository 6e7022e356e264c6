"""Forms that were sent while the station was locked: in memory until whoever sent them has unlocked it and looks at them.

A browser is known by its cookie, which outlives a restart of the station: what was typed before is kept then, too.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from skinedge.web import limits
from skinedge.web.forms import Form, read_form

_STEP = re.compile(r"/drafts/[\w-]+/(consent|photo|questions)|/visits/\w+/(override|outcome)")
"""Pages that show a kept form again when they are asked with `?kept`."""
_FIELDS_BYTES = limits.FIELDS * limits.TEXT_CHARACTERS


def is_step(request: Request) -> bool:
    """Whether somebody sends what takes time to enter again, from a page of this station."""
    ours = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return ours and request.method == "POST" and _STEP.fullmatch(request.url.path) is not None


@dataclass(frozen=True)
class _Kept:
    form: Form
    size_bytes: int
    kept_at_s: float


@dataclass
class KeptForms:
    """Forms by the cookie of their browser and the path that they were sent to. Safe to use from several threads."""

    clock: Callable[[], float] = time.monotonic
    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict, repr=False)
    _reading_bytes: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    async def keep(self, request: Request, cookie: str) -> bool:
        """Reads the form of a request and keeps it. Returns: False where there is no room. Raises: HTTPException."""
        length = request.headers.get("content-length", "")
        size = _FIELDS_BYTES + (int(length) if length.isdecimal() and len(length) < 12 else limits.KEPT_BYTES)
        with self._turn:
            self._forget_old()
            if self._reading_bytes + sum(kept.size_bytes for kept in self._kept.values()) + size > limits.KEPT_BYTES:
                return False
            self._reading_bytes += size
        try:
            form = await read_form(request, limit_bytes=limits.PHOTO_BYTES)
        finally:
            with self._turn:
                self._reading_bytes -= size
        with self._turn:
            self._kept[cookie, request.url.path] = _Kept(form, size, self.clock())
        return True

    def find(self, cookie: str, path: str) -> Form | None:
        kept = self._kept.get((cookie, path))
        return kept.form if kept else None

    def paths(self, cookie: str) -> list[str]:
        """Where the forms of a browser were sent to, the first one first."""
        with self._turn:
            self._forget_old()
            return [path for owner, path in self._kept if owner == cookie]

    def move(self, cookie: str, fresh: str) -> None:
        """After a browser got another cookie."""
        with self._turn:
            self._kept = {(fresh if owner == cookie else owner, path): kept for (owner, path), kept in self._kept.items()}

    def drop(self, cookie: str, path: str | None = None) -> None:
        """Forgets a form of a browser, or all."""
        with self._turn:
            self._kept = {
                place: kept for place, kept in self._kept.items() if place[0] != cookie or path not in (None, place[1])
            }

    def _forget_old(self) -> None:
        oldest = self.clock() - limits.KEPT_LIFE_S
        self._kept = {place: kept for place, kept in self._kept.items() if kept.kept_at_s > oldest}


async def keep_for_later(request: Request, kept: KeptForms, gate: str | None) -> Response | None:
    """Keeps a form that came to the lock, or from a page that was left idle.

    Returns: where to go on; None where there is no room for the form, which then is lost unless it is sent again.
    """
    try:
        if not await kept.keep(request, request.state.cookie):
            return None
    except HTTPException as error:
        if error.status_code == 413:
            return None
        # Not a form of ours.
    return RedirectResponse(gate or f"{request.url.path}?kept", 303)
