"""One rule for the score and one for the decision, on one score or on many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skinedge.contract import CANNOT_ASSESS, REFER, WATCH, decide, malignancy_score
from tests import fakes


@given(st.lists(st.lists(st.floats(0, 1, width=32), min_size=12, max_size=12), min_size=1, max_size=5))
def test_a_score_is_the_sum_in_order_in_double_precision(rows: list[list[float]]) -> None:
    indices = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    expected = []
    for row in rows:
        total = 0.0
        for index in indices:
            total += row[index]
        expected.append(min(1.0, max(0.0, total)))
    assert malignancy_score(np.array(rows, dtype=np.float32), indices).tolist() == expected


def test_the_decision_at_the_limits() -> None:
    scores = np.array([0.0, 0.29999, 0.3, 0.49999, 0.5, 1.0])
    assert decide(scores, 0.5, 0.3).tolist() == [WATCH, WATCH, CANNOT_ASSESS, CANNOT_ASSESS, REFER, REFER]
    assert decide(scores, 0.5).tolist() == [WATCH] * 4 + [REFER] * 2
    assert decide(0.4, 0.5, 0.3) == CANNOT_ASSESS
    # Each photo may have its own thresholds; a band that ends above the threshold takes nothing from the referrals.
    assert decide(np.array([0.5, 0.5, 0.5]), np.array([0.4, 0.6, 0.6]), np.array([0.9, 0.5, 0.55])).tolist() == [
        REFER,
        CANNOT_ASSESS,
        WATCH,
    ]


@pytest.mark.parametrize(("watch_below", "middle"), [(None, WATCH), (0.2, CANNOT_ASSESS)])
def test_a_contract_decides_at_its_own_thresholds(watch_below: float | None, middle: str) -> None:
    contract = fakes.contract(threshold=0.5, watch_below=watch_below)
    probabilities = np.array([[0.9, 0.1, 0, 0], [0.6, 0.2, 0.2, 0], [0.1, 0.4, 0.5, 0]], dtype=np.float32)
    assert contract.decide(contract.score(probabilities)).tolist() == [WATCH, middle, REFER]
