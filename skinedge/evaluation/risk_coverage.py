"""Risk and coverage: the share of mistakes among the photos that remain when the least certain ones are set aside.

Source: El-Yaniv and Wiener, JMLR 11, 2010; area under the curve (AURC) as in Geifman, Uziel and El-Yaniv, ICLR 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import logit

from skinedge.contract import Frozen
from skinedge.evaluation.bootstrap import Bools, Figure, Floats, figure, patient_weights, ratio
from skinedge.evaluation.metrics import Predictions

COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.5)
Question = Literal["first answer", "refer or watch"]


class RiskCoverage(Frozen):
    """Share of wrong answers to one question."""

    question: Question
    aurc: Figure
    """Mean over photos of the share wrong among those that are at least as certain; lower is better."""
    risk_at: dict[str, Figure]
    """By the share of photos that is kept, such as "0.8"."""


@dataclass(frozen=True)
class Curve:
    """R + 1 curves over N photos, from the most to the least certain. Photos of equal certainty stay together."""

    coverage: Floats
    """(1 + R, N) share of photos kept."""
    risk: Floats
    """(1 + R, N) share of those that is wrong; NaN where a round keeps none."""
    weights: Floats
    """(1 + R, N)"""

    def aurc(self) -> Floats:
        """(1 + R,)"""
        return ratio(np.nansum(self.risk * self.weights, axis=1), self.weights.sum(axis=1))

    def risk_at(self, coverage: float) -> Floats:
        """(1 + R,) risk of the smallest set of most certain photos that is at least this share of all."""
        # The slack is for sums that fall slightly short of the share in binary.
        first = (self.coverage >= coverage - 1e-9).argmax(axis=1)
        return np.asarray(self.risk[np.arange(len(first)), first])


def risk_coverage(p: Predictions, *, bootstrap_rounds: int = 1000, seed: int = 0) -> tuple[RiskCoverage, ...]:
    """AURC and risks at `COVERAGES` of both questions, with intervals over patients."""
    weights = patient_weights(p.patient_ids, rounds=bootstrap_rounds, seed=seed)
    out = []
    for question, (certainty, wrong) in certainties(p).items():
        curve = curve_of(certainty, wrong, weights)
        risks = {str(coverage): figure(curve.risk_at(coverage)) for coverage in COVERAGES}
        out.append(RiskCoverage(question=question, aurc=figure(curve.aurc()), risk_at=risks))
    return tuple(out)


def certainties(p: Predictions) -> dict[Question, tuple[Floats, Bools]]:
    """For each question, (N,) how certain the model was and (N,) whether it was wrong.

    The certainty of the first answer is its probability. That of the advice is the distance of the malignancy score from
    the threshold in log-odds: a threshold near 0 leaves little room below it on the scale of probabilities.
    """
    probabilities, tiny = p.probabilities.astype(np.float64), 1e-12
    score, threshold = (np.clip(values, tiny, 1 - tiny) for values in (p.malignancy, p.refer_threshold))
    return {
        "first answer": (probabilities.max(axis=1), probabilities.argmax(axis=1) != p.labels),
        "refer or watch": (np.abs(logit(score) - logit(threshold)), p.referred != p.is_malignant),
    }


def curve_of(certainty: Floats, wrong: Bools, weights: Floats) -> Curve:
    """The curve for (N,) certainties and mistakes and (1 + R, N) weights."""
    order = np.argsort(-certainty, kind="stable")
    ranked = certainty[order]
    # The last of each run of equal certainties, so that a run is kept as a whole.
    last = np.searchsorted(-ranked, -ranked, side="right") - 1
    sorted_weights = weights[:, order]
    kept: Floats = np.cumsum(sorted_weights, axis=1)[:, last]
    mistakes: Floats = np.cumsum(sorted_weights * wrong[order], axis=1)[:, last]
    return Curve(coverage=kept / kept[:, -1:], risk=ratio(mistakes, kept), weights=sorted_weights)
