"""Decisions with their reasons, as codes: the one place that says "watch".

*Watch* is said only of a photo that could be judged. Evaluation and gates do without this rule: they judge the network, on
usable photos, and call `skinedge.contract.decide`.
"""

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


SOFT_SHARE = 0.5
"""Share of the limit for "watch" that a score of a soft photo must be under. The limit was chosen on photos of which four in
five are better, and what is too slight to be seen in pixels lowers scores (docs/photo_advice.md)."""


def triage(score: float, contract: Contract) -> tuple[Decision, ReasonCode]:
    """The decision on the malignancy score of a photo without a warning, and why; see `skinedge.contract.decide`."""
    decision = cast(Decision, str(contract.decide(score)))
    return decision, _REASONS[decision]


def needs_score(check: PhotoCheck, *, insist: bool = False) -> bool:
    """Whether `assess` wants a score: for a photo without a warning; for one with warnings where a person insists."""
    return check.unusable is None and (insist or not check.advice)


def assess(
    check: PhotoCheck, score: float | None, contract: Contract, *, insist: bool = False
) -> tuple[Decision, ReasonCode]:
    """The decision on any photo, and why.

    Args:
        score: the malignancy score; only looked at where `needs_score` wants it.
        insist: a person wants an answer although a warning stands. They get "refer" or "cannot assess", never "watch". A
            photo that shows nothing must be taken again all the same.
    """
    warning = check.unusable or next(iter(check.advice), None)
    if warning is not None and not needs_score(check, insist=insist):
        return "photograph again", warning
    assert score is not None
    decision, reason = triage(score, contract)
    if decision != WATCH:
        return decision, reason
    if warning is not None:
        return CANNOT_ASSESS, warning
    limit = (contract.watch_below or contract.refer).value
    return (CANNOT_ASSESS, _REASONS[CANNOT_ASSESS]) if check.soft and score >= SOFT_SHARE * limit else (decision, reason)
