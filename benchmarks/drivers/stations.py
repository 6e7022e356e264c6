"""Visits and stores to try the records with: of nobody, and with passphrases that are quick to check."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from skinedge.records.store import RecordStore
from skinedge.records.vault import Cost
from skinedge.records.visit import Consent, Outcome, Override, Visit, new_visit_id
from skinedge.screening.screener import ScreeningResult

PASSPHRASE = "correct horse battery"
CHEAP = Cost(n=2, r=1, p=1)
"""Tests open many stores."""

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OVERRIDE = Override(decision="watch", reason="seen last year, unchanged", by="Dr Lima", at=NOON)
OUTCOME = Outcome(label="BCC", malignant=True, on=date(2026, 4, 2), by="Dr Lima", at=NOON)


def new_store(folder: Path) -> RecordStore:
    return RecordStore.create(folder, PASSPHRASE, cost=CHEAP)


def new_visit(patient: str = "P-1", *, photo: bytes = b"a photo", minutes: int = 0) -> Visit:
    """A visit some minutes after noon; `photo` is the one that was screened."""
    moment = NOON + timedelta(minutes=minutes)
    return Visit(
        visit_id=new_visit_id(),
        patient=patient,
        created_at=moment,
        language="pt_BR",
        consent=Consent(agreed_to=("screening", "keep photo"), at=moment),
        answers={"age_years": "63", "region": "face", "itch": None},
        result=ScreeningResult(
            decision="refer",
            reason="score_reaches_threshold",
            malignancy_score=0.61,
            refer_threshold=0.3,
            probabilities={"ACK": 0.19, "BCC": 0.31, "MEL": 0.3, "NEV": 0.2},
            imputed=("itch",),
            advice=(),
            photo_sha256=hashlib.sha256(photo).hexdigest(),
            model_name="tiny",
            model_sha256="ab" * 32,
            notice="Research software, not a medical device.",
        ),
        site="Posto Água Boa",
        screened_by="Ana",
    )


def add_visit(store: RecordStore, patient: str = "P-1", *, photo: bytes = b"a photo", minutes: int = 0) -> Visit:
    visit = new_visit(patient, photo=photo, minutes=minutes)
    store.add_visit(visit, photo)
    return visit


def without_syncing(store: RecordStore) -> None:
    """For tests that write much and are not about durability: hundreds of commits to a busy disk take a while."""
    store._database._connection.execute("PRAGMA synchronous = OFF")
