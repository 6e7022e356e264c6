"""Records to export: of nobody, made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from skinedge.codes import Decision
from skinedge.contract import Contract
from skinedge.records.visit import ALPHABET, Consent, Outcome, Override, Record, Visit
from skinedge.screening.screener import ScreeningResult
from tests import fakes

START = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
MODEL_SHA256 = "ab" * 32


def result(score: float | None = 0.625, **changes: object) -> ScreeningResult:
    """What the model of `fakes.contract` could say; without a score the photo must be taken again."""
    contract = fakes.contract()
    decision: Decision = "photograph again" if score is None else "refer" if score >= contract.refer.value else "watch"
    reasons = {"photograph again": "almost_black", "refer": "score_reaches_threshold", "watch": "score_below_threshold"}
    shares = {} if score is None else {"ACK": 1 - score, "BCC": score, "MEL": 0.0, "NEV": 0.0}
    values: dict[str, object] = {
        "decision": decision,
        "reason": reasons[decision],
        "malignancy_score": score,
        "refer_threshold": contract.refer.value,
        "probabilities": shares,
        "imputed": ("region",),
        "advice": (),
        "photo_sha256": "cd" * 32,
        "model_name": contract.model_name,
        "model_sha256": MODEL_SHA256,
        "notice": contract.notice,
    }
    return ScreeningResult.model_validate(values | changes)


def visit_id(number: int) -> str:
    digits = ""
    for _ in range(10):
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits


def record(
    number: int = 1,
    score: float | None = 0.625,
    *,
    patient: str = "P-0042",
    days: float = 0,
    answers: Mapping[str, str | None] | None = None,
    **changes: object,
) -> Record:
    """A visit that many days after the first; `changes` are of its result."""
    moment = START + timedelta(days=days)
    visit = Visit(
        visit_id=visit_id(number),
        patient=patient,
        created_at=moment,
        language="sw",
        consent=Consent(agreed_to=("screening",), at=moment),
        answers={"age_years": "63", "itch": "yes", "region": None} if answers is None else answers,
        result=result(score, **changes),
        site="Kijiji cha São João",
        screened_by="Asha",
    )
    return Record(visit=visit)


def overridden(record: Record, decision: Decision, reason: str = "It bleeds, and looks odd.") -> Record:
    override = Override(decision=decision, reason=reason, by="Dr. Neema", at=record.visit.created_at + timedelta(hours=1))
    return replace(record, added=(*record.added, override))


def followed(record: Record, malignant: bool | None, label: str = "BCC") -> Record:
    outcome = Outcome(
        label=label, malignant=malignant, on=date(2026, 3, 2), by="Clinic", at=record.visit.created_at + timedelta(days=60)
    )
    return replace(record, added=(*record.added, outcome))


def contract() -> Contract:
    return fakes.contract()
