"""Temperature and refer threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from skinedge.errors import ConfigError, DataError
from skinedge.evaluation.calibration import HIGHEST_TEMPERATURE, LOWEST_TEMPERATURE, fit_temperature, refer_threshold


@pytest.mark.parametrize("truth", [0.5, 1.0, 3.0])
def test_temperature_is_recovered(truth: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=(4000, 6))
    labels = np.array([rng.choice(6, p=row) for row in softmax(logits, axis=1)])
    # Labels were drawn at temperature 1; a model that is `truth` times too sure needs dividing by it.
    assert fit_temperature((truth * logits).astype(np.float32), labels) == pytest.approx(truth, rel=0.06)


def test_no_other_temperature_is_likelier() -> None:
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(size=(200, 4)), rng.integers(0, 4, 200)
    logits[np.arange(200), labels] += 1

    def loss(temperature: float) -> float:
        return float(-log_softmax(logits / temperature, axis=1)[np.arange(200), labels].mean())

    best = fit_temperature(logits, labels)
    assert all(loss(best) <= loss(other) for other in np.geomspace(0.05, 20, 300))


def test_faultless_and_hopeless_models_stay_within_the_bounds() -> None:
    logits, labels = 5 * np.eye(3), np.arange(3)
    assert LOWEST_TEMPERATURE <= fit_temperature(logits, labels) < 0.5
    assert fit_temperature(-logits, labels) == pytest.approx(HIGHEST_TEMPERATURE, rel=1e-3)


def test_bad_logits_are_one_line() -> None:
    with pytest.raises(DataError, match="expected"):
        fit_temperature(np.zeros((3, 2)), np.zeros(2, dtype=int))
    with pytest.raises(DataError, match="expected"):
        fit_temperature(np.zeros((0, 2)), np.zeros(0, dtype=int))
    with pytest.raises(DataError, match="not finite"):
        fit_temperature(np.full((1, 2), np.nan), np.zeros(1, dtype=int))


def test_threshold_lies_midway_below_the_last_score_needed() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.2])
    malignant = np.array([True, True, False, True, False, True])
    assert refer_threshold(scores, malignant, sensitivity=0.75) == pytest.approx(0.55)
    assert refer_threshold(scores, malignant, sensitivity=0.5) == pytest.approx(0.75)
    assert refer_threshold(scores, malignant, sensitivity=1.0) == pytest.approx(0.1)
    assert refer_threshold(scores, malignant, sensitivity=0.01) == pytest.approx(0.85)


def test_share_that_is_not_exact_in_binary_asks_for_no_photo_more() -> None:
    assert 0.55 * 100 > 55
    threshold = refer_threshold(np.arange(1, 101) / 100, np.ones(100, dtype=bool), sensitivity=0.55)
    assert threshold == pytest.approx(0.455)


@given(
    cases=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40).filter(
        lambda cases: any(malignant for _, malignant in cases)
    ),
    sensitivity=st.floats(0.01, 1),
)
def test_threshold_is_enough_and_no_higher_one_decides_better(cases: list[tuple[float, bool]], sensitivity: float) -> None:
    scores = np.array([score for score, _ in cases])
    malignant = np.array([flag for _, flag in cases])

    def reached(threshold: float) -> float:
        return float((scores[malignant] >= threshold).mean())

    threshold = refer_threshold(scores, malignant, sensitivity=sensitivity)
    assert 0 <= threshold <= 1
    assert reached(threshold) >= sensitivity - 1e-9
    referred = scores >= threshold
    # Any threshold that refers fewer of these photos falls short.
    for higher in np.nextafter(scores[referred], 2):
        if (scores >= higher).sum() < referred.sum():
            assert reached(higher) < sensitivity - 1e-10


def test_threshold_cannot_be_chosen_without_malignant_photos() -> None:
    with pytest.raises(DataError, match="no malignant photo"):
        refer_threshold(np.array([0.2, 0.4]), np.zeros(2, dtype=bool), sensitivity=0.9)
    with pytest.raises(DataError, match="same length"):
        refer_threshold(np.array([0.2, 0.4]), np.ones(3, dtype=bool), sensitivity=0.9)
    with pytest.raises(DataError, match="not finite"):
        refer_threshold(np.array([0.2, np.nan]), np.ones(2, dtype=bool), sensitivity=0.9)
    for impossible in (0.0, 1.1, float("nan")):
        with pytest.raises(ConfigError, match="target sensitivity"):
            refer_threshold(np.array([0.2]), np.ones(1, dtype=bool), sensitivity=impossible)
