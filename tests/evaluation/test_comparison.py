"""Paired comparisons of two models."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from skinedge.errors import DataError
from skinedge.evaluation.comparison import compare_predictions
from skinedge.evaluation.metrics import Predictions

LABELS = ("ACK", "BCC", "NEV")


def predictions(truth: NDArray[np.int64], predicted: NDArray[np.int64], *, patients: int = 100) -> Predictions:
    probabilities = np.full((len(truth), 3), 0.1)
    probabilities[np.arange(len(truth)), predicted] = 0.8
    ids = np.array([f"p{i % patients}" for i in range(len(truth))])
    return Predictions(
        probabilities=probabilities, labels=truth, patient_ids=ids, class_labels=LABELS, malignant_indices=(1,)
    )


def noisy(truth: NDArray[np.int64], rate: float, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(truth)) < rate, (truth + 1) % 3, truth)


TRUTH = np.random.default_rng(0).integers(0, 3, 300)


def test_a_better_model_is_better_beyond_chance() -> None:
    found = compare_predictions(predictions(TRUTH, noisy(TRUTH, 0.4, 1)), predictions(TRUTH, noisy(TRUTH, 0.1, 2)))
    for difference in (found.bacc, found.acc, found.auc, found.malignancy_auc):
        assert difference.low is not None and difference.low > 0
    assert found.mcnemar_p < 1e-6
    assert found.acc.value == pytest.approx((found.only_other_right - found.only_reference_right) / 300)


def test_two_models_as_good_as_each_other_do_not_differ_beyond_chance() -> None:
    found = compare_predictions(predictions(TRUTH, noisy(TRUTH, 0.2, 1)), predictions(TRUTH, noisy(TRUTH, 0.2, 2)))
    assert found.bacc.low is not None and found.bacc.high is not None
    assert found.bacc.low < 0 < found.bacc.high and found.mcnemar_p > 0.05


def test_a_model_does_not_differ_from_itself() -> None:
    same = predictions(TRUTH, noisy(TRUTH, 0.2, 1))
    found = compare_predictions(same, same)
    assert (found.bacc.value, found.bacc.low, found.bacc.high, found.mcnemar_p) == (0, 0, 0, 1)


def test_other_photos_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="different photos"):
        compare_predictions(predictions(TRUTH, TRUTH), predictions(TRUTH[:-1], TRUTH[:-1]))
    with pytest.raises(DataError, match="different photos"):
        compare_predictions(predictions(TRUTH, TRUTH), predictions(TRUTH[::-1], TRUTH))
