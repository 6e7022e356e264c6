"""Operating points: what a target sensitivity costs in specificity and referrals."""

from __future__ import annotations

import numpy as np

from skinedge.contract import Contract, Frozen
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.evaluation.bootstrap import Figure, figure, patient_weights, weighted_share
from skinedge.evaluation.calibration import TARGET_SENSITIVITY
from skinedge.evaluation.out_of_fold import OutOfFold, threshold_of

TARGETS = tuple(sorted({0.90, TARGET_SENSITIVITY, 0.98}))


class OperatingPoint(Frozen):
    """A target sensitivity, and the figures on folds that the threshold was not chosen on."""

    target_sensitivity: float
    threshold: float
    """For the final model, chosen on all folds; the figures are those of the folds' own thresholds."""
    sensitivity: Figure
    specificity: Figure
    referral_rate: Figure


def operating_points(
    contract: Contract, data: DataSet, tested: OutOfFold, *, bootstrap_rounds: int = 1000, seed: int = 0
) -> tuple[OperatingPoint, ...]:
    """Measures the refer decision for each of `TARGETS`. The intervals take the thresholds as given."""
    out = []
    for target in TARGETS:
        p = tested.predictions(contract, data, tested.thresholds_for(contract, target))
        weights = patient_weights(p.patient_ids, rounds=bootstrap_rounds, seed=seed)
        referred, malignant = p.referred, p.is_malignant
        out.append(
            OperatingPoint(
                target_sensitivity=target,
                threshold=threshold_of(contract, tested.logits, tested.labels, contract.temperature, target),
                sensitivity=figure(weighted_share(referred, malignant, weights)),
                specificity=figure(weighted_share(~referred, ~malignant, weights)),
                referral_rate=figure(weighted_share(referred, np.ones_like(referred), weights)),
            )
        )
    return tuple(out)
