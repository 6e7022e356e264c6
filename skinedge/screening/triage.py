"""Decisions with their reasons, as codes."""

from __future__ import annotations

from typing import cast

from skinedge.codes import Decision, ReasonCode
from skinedge.contract import CANNOT_ASSESS, REFER, WATCH, Contract
from skinedge.screening.photo_check import PhotoCheck

_REASONS: dict[Decision, ReasonCode] = {
    REFER: "score_reaches_threshold",
    CANNOT_ASSESS: "score_near_threshold",
    WATCH: "score_below_threshold",
}


def triage(score: float, contract: Contract) -> tuple[Decision, ReasonCode]:
    """The decision on the malignancy score of a usable photo, and the reason; see `skinedge.contract.decide`."""
    decision = cast(Decision, str(contract.decide(score)))
    return decision, _REASONS[decision]


def assess(check: PhotoCheck, score: float | None, contract: Contract) -> tuple[Decision, ReasonCode]:
    """The decision on any photo, and why: to photograph again where it shows nothing, whatever a model makes of it."""
    if check.unusable:
        return "photograph again", check.unusable
    assert score is not None
    return triage(score, contract)
