"""From probabilities to advice. Kotlin has a twin of this file: keep both to sums and comparisons."""

from __future__ import annotations

from collections.abc import Sequence

from skinedge.codes import Decision, ReasonCode
from skinedge.contract import Contract


def malignancy_score(probabilities: Sequence[float], contract: Contract) -> float:
    """Sum of the probabilities of the malignant labels, 0..1, added in double precision."""
    total = sum(float(probabilities[position]) for position in contract.malignant_indices)
    return min(1.0, max(0.0, total))


def triage(score: float, contract: Contract) -> tuple[Decision, ReasonCode]:
    """Advice for a usable photo, and why: refer at or above the contract's threshold, else watch where it is well below."""
    if score >= contract.refer.value:
        return "refer", "score_reaches_threshold"
    if contract.watch_below is not None and score >= contract.watch_below.value:
        return "cannot assess", "score_near_threshold"
    return "watch", "score_below_threshold"
