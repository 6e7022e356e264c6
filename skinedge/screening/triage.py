"""From probabilities to advice. Kotlin has a twin of this file: keep both to sums and one comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from skinedge.contract import Contract

Decision = Literal["refer", "watch", "photograph again"]


def malignancy_score(probabilities: Sequence[float], contract: Contract) -> float:
    """Sum of the probabilities of the malignant labels, 0..1, added in double precision."""
    total = sum(float(probabilities[position]) for position in contract.malignant_positions)
    return min(1.0, max(0.0, total))


def triage(score: float, contract: Contract) -> Decision:
    """Advice for a usable photo: refer at or above the contract's threshold, else watch."""
    return "refer" if score >= contract.refer.value else "watch"


def explain(score: float, contract: Contract) -> str:
    """One plain sentence: the score, the threshold, and so what."""
    threshold = contract.refer.value
    ours, limit = distinct_figures(score, threshold)
    if score >= threshold:
        return f"The malignancy score is {ours}, at or above the threshold of {limit} for referral."
    return f"The malignancy score is {ours}, below the threshold of {limit} for referral."


def distinct_figures(score: float, threshold: float) -> tuple[str, str]:
    """Both numbers with two decimals, or with as many as it takes to tell them apart: never "0.50, below 0.50"."""
    for decimals in range(2, 17):
        figures = f"{score:.{decimals}f}", f"{threshold:.{decimals}f}"
        if score == threshold or figures[0] != figures[1]:
            return figures
    return repr(score), repr(threshold)
