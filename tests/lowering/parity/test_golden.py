"""Which inputs become golden vectors."""

from __future__ import annotations

import numpy as np

from skinedge.lowering.parity.golden import spread_indices


def test_the_highest_and_the_lowest_come_first_and_the_others_lie_between_them() -> None:
    scores = np.array([0.5, 0.9, 0.1, 0.7, 0.3, 0.2, 0.8])
    assert spread_indices(scores, 3) == [1, 2, 0]
    assert spread_indices(scores, 2) == [1, 2]
    assert sorted(spread_indices(scores, 7)) == list(range(7))


def test_one_other_advice_among_many_is_found() -> None:
    scores = np.full(96, 0.8)
    scores[41] = 0.05
    assert 41 in spread_indices(scores, 6)
