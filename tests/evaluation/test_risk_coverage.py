"""Risk-coverage curves against the definition, photo by photo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skinedge.evaluation.bootstrap import patient_weights
from skinedge.evaluation.metrics import Predictions
from skinedge.evaluation.risk_coverage import COVERAGES, certainties, curve_of, risk_coverage


def by_definition(certainty: np.ndarray, wrong: np.ndarray) -> float:
    return float(np.mean([wrong[certainty >= one].mean() for one in certainty]))


def flat(count: int) -> np.ndarray:
    return np.ones((1, count))


@pytest.mark.parametrize("decimals", [6, 1])
def test_aurc_is_the_mean_risk_over_photos_with_and_without_ties(decimals: int) -> None:
    rng = np.random.default_rng(0)
    certainty, wrong = rng.random(150).round(decimals), rng.random(150) < 0.3
    curve = curve_of(certainty, wrong, flat(150))
    assert curve.aurc()[0] == pytest.approx(by_definition(certainty, wrong))
    shuffled = rng.permutation(150)
    assert curve_of(certainty[shuffled], wrong[shuffled], flat(150)).aurc()[0] == pytest.approx(curve.aurc()[0])


def test_each_round_equals_the_curve_of_the_photos_drawn() -> None:
    rng = np.random.default_rng(1)
    certainty, wrong, ids = rng.random(80), rng.random(80) < 0.4, rng.integers(0, 30, 80).astype(str)
    weights = patient_weights(ids, rounds=20, seed=0)
    curve = curve_of(certainty, wrong, weights)
    for row, aurc, risk in zip(weights, curve.aurc(), curve.risk_at(0.6), strict=True):
        drawn = np.repeat(np.arange(80), row.astype(int))
        alone = curve_of(certainty[drawn], wrong[drawn], flat(len(drawn)))
        assert aurc == pytest.approx(by_definition(certainty[drawn], wrong[drawn])) == pytest.approx(alone.aurc()[0])
        assert risk == pytest.approx(alone.risk_at(0.6)[0])


def test_certainty_that_knows_its_mistakes_sets_them_aside_first() -> None:
    wrong = np.arange(100) >= 80
    knows = curve_of(-np.arange(100.0), wrong, flat(100))
    assert [knows.risk_at(share)[0] for share in (0.5, 0.8)] == [0, 0]
    assert knows.risk_at(1.0)[0] == pytest.approx(0.2)
    assert knows.risk_at(0.9)[0] == pytest.approx(10 / 90)
    says_nothing = curve_of(np.zeros(100), wrong, flat(100))
    assert (says_nothing.aurc()[0], says_nothing.risk_at(0.1)[0]) == pytest.approx((0.2, 0.2))
    assert curve_of(np.arange(100.0), wrong, flat(100)).aurc()[0] > 0.2 > knows.aurc()[0]


def test_certainty_of_the_advice_is_the_distance_from_the_threshold_on_either_side() -> None:
    p = Predictions(
        probabilities=np.array([[0.98, 0.02], [0.9, 0.1], [0.85, 0.15], [0.1, 0.9]]),
        labels=np.array([0, 0, 1, 1]),
        patient_ids=np.array(["a", "b", "c", "d"]),
        class_labels=("NEV", "MEL"),
        malignant_indices=(1,),
        refer_threshold=0.1,
    )
    certainty, wrong = certainties(p)["refer or watch"]
    assert list(wrong) == [False, True, False, False]
    # 2 % is further below 10 % than 15 % is above it, though not on the scale of probabilities.
    assert certainty[1] == 0 and certainty[0] > certainty[2] and certainty[3] > certainty[0]
    sure = certainties(replace(p, probabilities=np.eye(2)[[0, 0, 1, 1]]))["refer or watch"][0]
    assert np.isfinite(sure).all()


def test_both_questions_have_their_figures() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 3, 90)
    probabilities = rng.dirichlet(np.ones(3), 90)
    p = Predictions(
        probabilities=probabilities,
        labels=labels,
        patient_ids=rng.integers(0, 40, 90).astype(str),
        class_labels=("NEV", "BCC", "MEL"),
        malignant_indices=(1, 2),
        refer_threshold=0.6,
    )
    first, advice = risk_coverage(p, bootstrap_rounds=30)
    assert (first.question, advice.question) == ("first answer", "refer or watch")
    assert first.risk_at["1.0"].value == pytest.approx((probabilities.argmax(axis=1) != labels).mean())
    assert advice.risk_at["1.0"].value == pytest.approx(((p.malignancy >= 0.6) != p.is_malignant).mean())
    assert set(first.risk_at) == {str(coverage) for coverage in COVERAGES}
    assert advice.aurc.low is not None and advice.aurc.high is not None and advice.aurc.low < advice.aurc.high
