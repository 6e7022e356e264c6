"""The band of scores that a model cannot assess, below the refer threshold, chosen and measured on folds.

The band takes nothing from the referrals. It takes from "watch" the scores closest to the threshold, among which most
missed cancers are. The certainty of the first answer finds fewer of them at the same cost (`skinedge abstain` measures the
band, and `skinedge.evaluation.risk_coverage` certainty).
"""

from __future__ import annotations

import numpy as np

from skinedge.contract import REFER, WATCH, Contract, Frozen, Threshold, decide
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.errors import ConfigError, ContractError
from skinedge.evaluation.bootstrap import Figure, figure, patient_weights, weighted_share
from skinedge.evaluation.out_of_fold import OutOfFold, fit, threshold_of

TARGET_SENSITIVITY = 0.98
"""The share of malignant photos that should score at or above the lower end of the band."""


class Abstention(Frozen):
    """The effect of a band on folds that it was not chosen on. "Cannot assess" is neither refer nor watch."""

    watch_below: Threshold
    """For the final model, chosen on all folds; the figures are those of the folds' own limits."""
    fold_values: tuple[float, ...]
    coverage: Figure
    """Share of photos that were assessed."""
    sensitivity: Figure
    """Share of the malignant photos that were referred, among those assessed."""
    specificity: Figure
    """Share of the benign photos to watch, among those assessed."""
    referral_rate: Figure
    """Share of all photos; the band does not change it."""
    malignant: int
    """Malignant photos that were not assessed."""
    benign: int
    missed: int
    """Malignant photos to watch."""
    missed_without: int
    """Malignant photos to watch if there were no band."""


def abstention(
    contract: Contract,
    data: DataSet,
    tested: OutOfFold,
    *,
    sensitivity: float = TARGET_SENSITIVITY,
    bootstrap_rounds: int = 1000,
    seed: int = 0,
) -> Abstention:
    """Chooses the band for each fold on the other folds, and measures it.

    Raises:
        ConfigError: the sensitivity is not above the one that the refer threshold was chosen for.
        ContractError: the contract's threshold was not chosen on these answers.
        DataError: they are not answers to this data set.
    """
    tested.check(data)
    refer = fit(contract, tested.logits, tested.labels).refer
    if refer.value != contract.refer.value:
        raise ContractError("the refer threshold was not chosen on these predictions: give the run that made the model")
    if refer.target_sensitivity is None or not refer.target_sensitivity < sensitivity <= 1:
        raise ConfigError(f"got a sensitivity of {sensitivity}, expected over {refer.target_sensitivity} and at most 1")
    values = tested.thresholds_for(contract, sensitivity)
    p = tested.predictions(contract, data)
    decisions, malignant = decide(p.malignancy, p.refer_threshold, values[tested.folds]), p.is_malignant
    referred, watch = decisions == REFER, decisions == WATCH
    assessed = referred | watch
    weights = patient_weights(p.patient_ids, rounds=bootstrap_rounds, seed=seed)
    everyone = np.ones_like(assessed)
    value = threshold_of(contract, tested.logits, tested.labels, contract.temperature, sensitivity)
    return Abstention(
        watch_below=Threshold(value=value, chosen_on=refer.chosen_on, target_sensitivity=sensitivity),
        fold_values=tuple(map(float, values)),
        coverage=figure(weighted_share(assessed, everyone, weights)),
        sensitivity=figure(weighted_share(referred, malignant & assessed, weights)),
        specificity=figure(weighted_share(watch, ~malignant & assessed, weights)),
        referral_rate=figure(weighted_share(referred, everyone, weights)),
        malignant=int((malignant & ~assessed).sum()),
        benign=int((~malignant & ~assessed).sum()),
        missed=int((malignant & watch).sum()),
        missed_without=int((malignant & ~referred).sum()),
    )
