"""The present state of a visit: what counts now, who said so, and whether somebody must act.

What a person knows wins over what the program said. Page, list, slip, report, command line and exports all ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skinedge.codes import Decision, Standing
from skinedge.records.visit import Outcome, Override, Record


@dataclass(frozen=True)
class PresentState:
    """What holds of a visit now."""

    decision: Decision
    """The last override, or else the program's decision."""
    override: Override | None
    """Who decided, when and why; None where the program did."""
    outcome: Outcome | None
    """The last finding that says malignant or not, or else the last finding."""
    standing: Standing
    """The one thing to show first: the finding where there is one, or else the decision."""

    @property
    def malignant(self) -> bool | None:
        """What was found; None where no finding says."""
        return self.outcome.malignant if self.outcome else None

    @property
    def is_alert(self) -> bool:
        """Malignant, and not referred."""
        return self.standing == "not referred"

    @property
    def from_a_person(self) -> bool:
        """Whether a person decided, or found something that says malignant or not."""
        return self.override is not None or self.malignant is not None


def present_state(record: Record) -> PresentState:
    """The present state of a record."""
    override = record.overrides[-1] if record.overrides else None
    decision = override.decision if override else record.visit.result.decision
    telling = [outcome for outcome in record.outcomes if outcome.malignant is not None]
    outcome = (telling or record.outcomes or (None,))[-1]
    return PresentState(decision, override, outcome, _standing(record, decision, override, outcome))


def state_json(state: PresentState) -> dict[str, Any]:
    """The state as JSON data."""
    return {
        "standing": state.standing,
        "alert": state.is_alert,
        "decision": state.decision,
        "decided_by": state.override.by if state.override else None,
        "decided_at": state.override.at.isoformat() if state.override else None,
        "outcome": state.outcome.label if state.outcome else None,
        "malignant": state.malignant,
    }


def _standing(record: Record, decision: Decision, override: Override | None, outcome: Outcome | None) -> Standing:
    if outcome is None or outcome.malignant is None:
        return decision
    if outcome.malignant:
        return "malignant" if decision == "refer" else "not referred"
    # Whoever decides after a finding knew of it.
    order = [id(part) for part in record.added]
    return decision if override and order.index(id(override)) > order.index(id(outcome)) else "benign"
