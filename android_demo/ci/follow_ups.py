"""Records of the Python store after a visit, for `golden`: overrides, outcomes, a deletion."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from skinedge.records.state import present_state
from skinedge.records.store import RecordStore
from skinedge.records.vault import Cost
from skinedge.records.visit import Outcome, Override, Visit, normal_pseudonym

AT = datetime(2026, 2, 3, 9, 30, tzinfo=UTC)
PATIENTS = ("P-Água 1", "P-7K3Q9D", " p-ÁGUA  1 ")
"""The first and the last are one."""

OVERRIDE = Override(decision="refer", reason='It "grew"\nsince May', by="Dr Ana", at=AT)
OUTCOMES = (
    Outcome(label="MEL", malignant=True, on=date(2026, 2, 1), by="Posto Água Fria", at=AT),
    Outcome(label="not seen", malignant=None, on=date(2026, 2, 2), by="Dr Ana", at=AT),
)
PHOTO = b"a photo"
DELETION = {"reason": "the patient wished it", "by": "Dr Ana"}
_SPELLINGS = (*PATIENTS, "A\u0301gua", "Straße", "ΟΔΟΣ", "ＡＢＣ１２", "a\u00a0b", "ﬁ", "")


def cases(visit: Visit) -> dict[str, Any]:
    """The changes to a store, and its log, without the times and hashes, which differ each time."""
    result = visit.result.model_copy(update={"photo_sha256": sha256(PHOTO).hexdigest()})
    with tempfile.TemporaryDirectory() as folder:
        store = RecordStore.create(Path(folder), "a passphrase of tests", cost=Cost(2, 1, 1))
        with store:
            for number, patient in enumerate(PATIENTS, 1):
                changed = {"visit_id": f"{number:010}", "patient": patient, "result": result}
                store.add_visit(visit.model_copy(update=changed), PHOTO)
            store.add_override(f"{1:010}", OVERRIDE)
            for outcome in OUTCOMES:
                store.add_outcome(f"{1:010}", outcome)
            store.add_override(f"{3:010}", OVERRIDE)
            decision = present_state(store.record(f"{1:010}")).decision
            store.delete_patient(PATIENTS[0], **DELETION)
            log = [event.entry for event in store.log()]
    return {
        "patients": PATIENTS,
        "override": OVERRIDE.model_dump(mode="json"),
        "outcomes": [outcome.model_dump(mode="json") for outcome in OUTCOMES],
        "deletion": DELETION,
        "deleted": PATIENTS[0],
        "decision": decision,
        "log": [[e.sequence, e.kind, e.visit_id, e.model_name, e.model_sha256, e.photo_sha256 is not None] for e in log],
    }


def pseudonyms() -> list[dict[str, str]]:
    """Spellings of patients' codes, each with the normal form that is compared."""
    return [{"patient": patient, "normal": normal_pseudonym(patient)} for patient in _SPELLINGS]
