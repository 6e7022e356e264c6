"""Unfinished visits, in memory only, a few at a time, and not for long.

They outlive a reload, a lost connection and the lock of a session, but neither the end of the program nor `DRAFT_LIFE_S`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from skinedge.screening.photo_check import PhotoCheck
from skinedge.screening.screener import ScreeningResult
from skinedge.web import limits

Agreement = Literal["photo", "no_photo", "nothing"]
"""What the patient lets the station keep: everything, everything except the photo, or nothing."""


def agreement_of(text: str) -> Agreement | None:
    """The agreement that a form names, or None."""
    return next((known for known in get_args(Agreement) if known == text), None)


@dataclass
class Draft:
    """An unfinished visit. Its fields fill up step by step; `finishing` is held while it is screened and saved."""

    id: str
    started_s: float
    patient: str = ""
    agreement: Agreement | None = None
    agreed_at: datetime | None = None
    photo: bytes = field(default=b"", repr=False)
    preview: bytes = field(default=b"", repr=False)
    """The square that the model sees, as JPEG."""
    check: PhotoCheck | None = None
    answers: dict[str, str] = field(default_factory=dict, repr=False)
    result: ScreeningResult | None = field(default=None, repr=False)
    """The result of a visit of which the station keeps nothing."""
    visit_id: str | None = None
    """Once it is in the records: sent twice, a form leads to the same visit."""
    finishing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_open(self) -> bool:
        return self.visit_id is None and self.result is None

    def close(self, *, visit_id: str | None = None, result: ScreeningResult | None = None) -> None:
        """Ends the visit; what the patient gave is no longer needed here."""
        self.visit_id, self.result = visit_id, result
        self.photo = b""
        if visit_id:
            self.patient, self.preview, self.answers = "", b"", {}


class TooManyDraftsError(Exception):
    """No room for another unfinished visit, or for its photo."""


@dataclass
class Drafts:
    """Unfinished visits by id. Safe to use from several threads."""

    clock: Callable[[], float] = time.monotonic
    _by_id: dict[str, Draft] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def start(self) -> Draft:
        """Raises: TooManyDraftsError."""
        with self._lock:
            self._forget_old()
            if len(self._open()) >= limits.DRAFTS:
                raise TooManyDraftsError
            self._forget_closed()
            draft = Draft(secrets.token_urlsafe(16), self.clock())
            self._by_id[draft.id] = draft
            return draft

    def find(self, draft_id: str) -> Draft | None:
        with self._lock:
            self._forget_old()
            return self._by_id.get(draft_id)

    def unfinished(self) -> list[Draft]:
        """The drafts that somebody may want to continue, the latest first."""
        with self._lock:
            self._forget_old()
            return self._open()[::-1]

    def keep_photo(self, draft: Draft, photo: bytes, preview: bytes, check: PhotoCheck) -> None:
        """Puts a photo into a draft. Raises: TooManyDraftsError where all photos together would take too much memory."""
        with self._lock:
            others = sum(len(other.photo) for other in self._by_id.values() if other is not draft)
            if others + len(photo) > limits.DRAFT_PHOTO_BYTES:
                raise TooManyDraftsError
            draft.photo, draft.preview, draft.check = photo, preview, check

    def forget_old(self) -> None:
        """Drops expired drafts, as every other method does first."""
        with self._lock:
            self._forget_old()

    def discard(self, draft_id: str) -> None:
        with self._lock:
            self._by_id.pop(draft_id, None)

    def _open(self) -> list[Draft]:
        return [draft for draft in self._by_id.values() if draft.is_open]

    def _forget_old(self) -> None:
        oldest = self.clock() - limits.DRAFT_LIFE_S
        self._by_id = {name: draft for name, draft in self._by_id.items() if draft.started_s > oldest}

    def _forget_closed(self) -> None:
        closed = [draft.id for draft in self._by_id.values() if not draft.is_open]
        for name in closed[: -limits.DRAFTS]:
            del self._by_id[name]
