"""Visits under way. Each step is on the disk, encrypted, before the browser hears of it; nothing of them stays in memory.

So they outlive a lock, a kill and a loss of power, and go on where they were. They end with the visit, when somebody stops
them, or when nobody has touched them for `limits.DRAFT_LIFE`: then a note takes their place.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from pydantic import Field, ValidationError

from skinedge.contract import Frozen
from skinedge.errors import UnknownDraftError
from skinedge.records.drafts import DraftRows
from skinedge.screening.photo_check import PhotoCheck
from skinedge.screening.screener import ScreeningResult
from skinedge.screening.triage import needs_score
from skinedge.web import limits

Agreement = Literal["photo", "no_photo", "nothing"]
"""What the patient lets the station keep: everything, everything except the photo, or nothing."""

_STATE, _PHOTO, _PREVIEW = "state", "photo", "preview"
"""The parts of a draft on the disk."""


def agreement_of(text: str) -> Agreement | None:
    """The agreement that a form names, or None."""
    return next((known for known in get_args(Agreement) if known == text), None)


class Draft(Frozen):
    """A visit under way, as it is on the disk. Its fields fill up step by step, see `Drafts.change`."""

    id: str
    started_at: datetime
    touched_at: datetime
    patient: str = Field(default="", repr=False)
    agreement: Agreement | None = None
    agreed_at: datetime | None = None
    has_photo: bool = False
    check: PhotoCheck | None = None
    insisted: bool = False
    """Whether the health worker goes on with this very photo although a warning stands."""
    answers: dict[str, str] = Field(default={}, repr=False)
    expired: bool = False
    """Whether this is the note of a draft that nobody went on with."""
    damaged: bool = Field(default=False, exclude=True)
    """Whether what is on the disk cannot be read."""
    visit_id: str | None = Field(default=None, exclude=True)
    """Once it is in the records: sent twice, a form leads to the same visit."""
    result: ScreeningResult | None = Field(default=None, exclude=True, repr=False)
    """The result of a visit of which the station keeps nothing: in memory alone."""

    @property
    def is_open(self) -> bool:
        return not (self.expired or self.damaged or self.visit_id or self.result)

    @property
    def photo_is_taken(self) -> bool:
        """Whether the questions may follow: there is a photo, and it can be judged or the health worker goes on with it."""
        return self.has_photo and self.check is not None and needs_score(self.check, insist=self.insisted)

    @property
    def kept_until(self) -> datetime:
        return self.touched_at + limits.DRAFT_LIFE


@dataclass(frozen=True)
class _Unkept:
    """What the page with the result shows of a visit of which nothing is kept."""

    draft: Draft
    preview: bytes


@dataclass
class Drafts:
    """The visits under way of an open store. Safe to use from several threads. All raise StoreError as the store does."""

    rows: DraftRows = field(repr=False)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    finishing: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """Held while a draft is screened and saved: a form that is sent twice waits for its twin."""
    _unkept: dict[str, _Unkept] = field(default_factory=dict, repr=False)
    _turn: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def start(self, **known: Any) -> Draft:
        """Begins a visit with what is known already. Of visits into which nothing was entered, only a few are kept."""
        now = self._touch()
        draft = Draft(id=secrets.token_urlsafe(16), started_at=now, touched_at=now, **known)
        self.rows.add(draft.id, _state(draft), patient=draft.patient)
        empty = [other.id for other in self.unfinished() if other.is_open and other.agreement is None]
        self.discard(*empty[limits.EMPTY_DRAFTS :])
        return draft

    def find(self, draft_id: str) -> Draft | None:
        """A draft that is under way or has ended, as long as it is known how."""
        if unkept := self._unkept.get(draft_id):
            return unkept.draft
        try:
            return _read(draft_id, self.rows.read(draft_id, _STATE))
        except UnknownDraftError:
            visit_id = self.rows.visit_of(draft_id)
            return _placeholder(draft_id, visit_id=visit_id) if visit_id else None

    def unfinished(self) -> list[Draft]:
        """The drafts that somebody may want to continue or should hear of, the latest first."""
        drafts = [_read(draft_id, state) for draft_id, state in self.rows.all(_STATE).items()]
        return sorted(drafts, key=lambda draft: draft.touched_at, reverse=True)

    def change(self, draft_id: str, **changes: Any) -> Draft:
        """Changes some fields, durably. Raises: UnknownDraftError where the draft has ended."""
        return self._change(draft_id, {}, changes)

    def keep_photo(self, draft_id: str, photo: bytes, preview: bytes, check: PhotoCheck) -> Draft:
        """Puts a photo into a draft, durably; `preview` is the square that the model sees. Raises: UnknownDraftError."""
        parts = {_PHOTO: photo, _PREVIEW: preview}
        return self._change(draft_id, parts, {"has_photo": True, "check": check, "insisted": False})

    def photo(self, draft_id: str) -> bytes:
        """The photo as it came. Raises: UnknownDraftError."""
        return self.rows.read(draft_id, _PHOTO) or b""

    def preview(self, draft_id: str) -> bytes:
        """The square that the model sees, as JPEG; empty before there is a photo. Raises: UnknownDraftError."""
        unkept = self._unkept.get(draft_id)
        return unkept.preview if unkept else self.rows.read(draft_id, _PREVIEW) or b""

    @contextmanager
    def unchanged(self, draft: Draft, photo: bytes) -> Iterator[bool]:
        """A block in which nobody changes a draft. Yields: whether it still is what was read before."""
        with self._turn:
            now = self.find(draft.id)
            same = now is not None and now.model_copy(update={"touched_at": draft.touched_at}) == draft
            yield same and self.photo(draft.id) == photo

    def show(self, draft: Draft, result: ScreeningResult) -> None:
        """Ends a visit of which nothing is kept. The result is here until "Done", the lock, or results of many others."""
        unkept = _Unkept(draft.model_copy(update={"result": result}), self.preview(draft.id))
        with self._turn:
            self._unkept[draft.id] = unkept
            for name in list(self._unkept)[: -limits.UNKEPT_RESULTS]:
                del self._unkept[name]

    def wipe(self, draft_id: str) -> None:
        """Takes a visit of which nothing is kept off the disk, once its result has been shown."""
        self.rows.wipe(draft_id)

    def discard(self, *draft_ids: str) -> None:
        for draft_id in draft_ids:
            self._unkept.pop(draft_id, None)
        if draft_ids:
            self.rows.wipe(*draft_ids)

    def expire(self) -> None:
        """Puts a note in the place of each draft that nobody touched for too long."""
        with self._turn:
            for draft in self.unfinished():
                if draft.is_open and draft.kept_until < self.now():
                    # Where nothing was entered, nothing is lost.
                    if draft.agreement is None:
                        self.rows.wipe(draft.id)
                        continue
                    patient = draft.patient if draft.agreement != "nothing" else ""
                    note = Draft(
                        id=draft.id,
                        started_at=draft.started_at,
                        touched_at=draft.touched_at,
                        patient=patient,
                        expired=True,
                    )
                    self.rows.add(draft.id, _state(note), patient=patient)
                    self.rows.sweep()

    def _touch(self) -> datetime:
        # A laptop without a battery for its clock wakes in the past. Once somebody sets it, today's visits must not be old.
        return max(self.now(), self.rows.last_event_at())

    def _change(self, draft_id: str, parts: dict[str, bytes], changes: dict[str, Any]) -> Draft:
        with self._turn:
            draft = self.find(draft_id)
            if draft is None or not draft.is_open:
                raise UnknownDraftError("this visit is not under way any more: look for it in the list, or start a new one")
            # Another field that is changed at the same time is not lost: it is read here, within the turn.
            changed = draft.model_copy(update=changes | {"touched_at": self._touch()})
            self.rows.keep(draft_id, parts | _state(changed), patient=changed.patient)
            return changed


def _state(draft: Draft) -> dict[str, bytes]:
    return {_STATE: draft.model_dump_json().encode()}


def _read(draft_id: str, state: bytes | None) -> Draft:
    try:
        return Draft.model_validate_json(state or b"")
    except ValidationError:
        return _placeholder(draft_id, damaged=True)


def _placeholder(draft_id: str, **known: Any) -> Draft:
    long_ago = datetime.fromtimestamp(0, UTC)
    return Draft(id=draft_id, started_at=long_ago, touched_at=long_ago, **known)
