"""The record of a visit: the visit, and later overrides and outcomes."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from skinedge.codes import Decision
from skinedge.contract import Frozen
from skinedge.errors import StoreError
from skinedge.screening.screener import ScreeningResult

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O or U, so that what is read aloud or off a slip is not mistaken."""

ID_LENGTH = 10
"""50 random bits: with a million visits of a station, the probability that two share an id is under one in a thousand."""

_ID_PATTERN = f"^[{ALPHABET}]{{{ID_LENGTH}}}$"
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


KEEP_PHOTO = "keep photo"
"""The name of a patient's agreement that the photo is kept, see `Consent`."""


def _to_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment with its time zone, kept in UTC; one without a time zone is refused."""

Text = Annotated[str, Field(min_length=1, max_length=2000)]


class Consent(Frozen):
    """What the patient agreed to, in the names that the station uses, such as "screening" and "keep photo"."""

    agreed_to: tuple[str, ...]
    at: Moment


class Visit(Frozen):
    """One screening of one lesion. Only `visit_id`, `created_at` and the model's name and hash lie on the disk in clear."""

    schema_version: Literal[1] = 1
    visit_id: str = Field(pattern=_ID_PATTERN)
    patient: Text
    """A pseudonym that the post chose, or one from `new_pseudonym`; never a name by force."""
    created_at: Moment
    language: str = Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*$")
    """Of the conversation: "en", "pt_BR", …"""
    consent: Consent
    answers: Mapping[str, str | None]
    """By question name; None is "don't know"."""
    result: ScreeningResult
    site: str = ""
    """Of the post, such as a village or a clinic."""
    screened_by: str = ""


class Override(Frozen):
    """A supervisor's decision instead of the program's."""

    decision: Decision
    reason: Text
    by: Text
    at: Moment


class Outcome(Frozen):
    """A later finding, such as a biopsy result."""

    label: Text
    """A label of the model, or free text."""
    malignant: bool | None
    """None where the finding does not say."""
    on: date
    """Day of the finding, not of the entry."""
    by: Text
    at: Moment


@dataclass(frozen=True)
class Record:
    """A visit as read back, with what was added to it, oldest first. `skinedge.records.state` says what it comes to."""

    visit: Visit
    added: tuple[Override | Outcome, ...] = ()
    """In the order of the log, which holds where a clock was set back."""
    has_photo: bool = True

    @property
    def overrides(self) -> tuple[Override, ...]:
        return tuple(part for part in self.added if isinstance(part, Override))

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(part for part in self.added if isinstance(part, Outcome))


def new_visit_id() -> str:
    """Ten random characters of `ALPHABET`."""
    return _random(ID_LENGTH)


def spoken_visit_id(visit_id: str) -> str:
    """For slips and screens: `7K3Q9D2MXA` becomes `7K3Q9-D2MXA`. `parse_visit_id` reads both."""
    return f"{visit_id[:5]}-{visit_id[5:]}"


def parse_visit_id(text: str) -> str:
    """Reads an id as people type it. Raises: StoreError where it cannot be the id of a visit."""
    visit_id = as_typed(text)
    if len(visit_id) != ID_LENGTH or not set(visit_id) <= set(ALPHABET):
        raise StoreError(
            "{text!r} is no visit id: expected {count} letters and digits, as on the slip", text=text, count=ID_LENGTH
        )
    return visit_id


def as_typed(text: str) -> str:
    """Symbols of `ALPHABET` as people type them: in small letters, with hyphens or spaces, O for 0, and I or L for 1."""
    return text.upper().translate(_MISREAD)


def new_pseudonym() -> str:
    """A name for a patient whom the post knows by none: `P-7K3Q9D`."""
    return f"P-{_random(6)}"


def normal_pseudonym(patient: str) -> str:
    """The spelling by which a patient is looked up: case, accents' encoding and spaces around do not matter."""
    return " ".join(unicodedata.normalize("NFKC", patient).casefold().split())


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
