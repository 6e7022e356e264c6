"""The band in which a model cannot assess: chosen on other folds, and never taken from the referrals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.errors import ConfigError, ContractError
from skinedge.evaluation.abstention import abstention
from skinedge.evaluation.card_results import abstention as in_words
from skinedge.evaluation.out_of_fold import OutOfFold
from skinedge.screening.triage import triage


def test_the_figures_are_those_of_the_decisions(contract: Contract, data: DataSet, tested: OutOfFold) -> None:
    found = abstention(contract, data, tested, bootstrap_rounds=0)
    decisions = []
    for position, probabilities in enumerate(tested.probabilities()):
        fold = tested.folds[position]
        limits = {
            "refer": contract.refer.model_copy(update={"value": tested.thresholds[fold]}),
            "watch_below": found.watch_below.model_copy(update={"value": found.fold_values[fold]}),
        }
        of_fold = contract.model_copy(update=limits)
        decisions.append(triage(float(of_fold.score(probabilities)), of_fold)[0])
    decided, malignant = np.array(decisions), tested.predictions(contract, data).is_malignant
    assessed = decided != "cannot assess"
    assert 0 < assessed.sum() < len(decided)
    assert found.coverage.value == pytest.approx(assessed.mean())
    assert found.sensitivity.value == pytest.approx((decided[malignant & assessed] == "refer").mean())
    assert found.specificity.value == pytest.approx((decided[~malignant & assessed] == "watch").mean())
    assert found.referral_rate.value == pytest.approx((decided == "refer").mean())
    assert (found.malignant, found.benign) == ((~assessed & malignant).sum(), (~assessed & ~malignant).sum())
    assert found.missed == ((decided == "watch") & malignant).sum() == found.missed_without - found.malignant


def test_a_folds_own_answers_have_no_part_in_its_limit(contract: Contract, data: DataSet, tested: OutOfFold) -> None:
    limits = abstention(contract, data, tested, bootstrap_rounds=0).fold_values
    moved = replace(tested, labels=np.where(tested.folds == 2, 0, tested.labels))
    assert moved.thresholds_for(contract, 0.98)[2] == limits[2]
    assert (np.delete(moved.thresholds_for(contract, 0.98), 2) != np.delete(limits, 2)).any()


def test_what_cannot_be_chosen_is_reported(contract: Contract, data: DataSet, tested: OutOfFold) -> None:
    with pytest.raises(ConfigError, match=r"got a sensitivity of 0\.95, expected over 0\.95"):
        abstention(contract, data, tested, sensitivity=0.95)
    foreign = contract.model_copy(update={"refer": contract.refer.model_copy(update={"value": 0.99})})
    with pytest.raises(ContractError, match="was not chosen on these predictions"):
        abstention(foreign, data, tested)


def test_in_words_it_says_what_it_costs_and_gains(contract: Contract, data: DataSet, tested: OutOfFold) -> None:
    found = abstention(contract, data, tested, bootstrap_rounds=0)
    text = in_words(found)
    assert f"Scores from {found.watch_below.value:.3f} up to the refer threshold" in text
    assert f"Not assessed: {found.malignant} malignant and {found.benign} benign" in text
