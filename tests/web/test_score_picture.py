"""The drawing never contradicts the advice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skinedge.screening.screener import ScreeningResult
from skinedge.web.score_picture import MARGIN, WIDTH, score_picture

fractions = st.floats(0, 1)


@given(score=fractions, threshold=fractions, below=fractions)
def test_the_mark_is_on_the_side_of_the_advice(score: float, threshold: float, below: float) -> None:
    result = ScreeningResult(
        decision="watch",
        reason="score_below_threshold",
        malignancy_score=score,
        refer_threshold=threshold,
        watch_below=min(below, threshold),
        probabilities={},
        imputed=(),
        advice=(),
        photo_sha256="",
        model_name="",
        model_sha256="",
        notice="",
    )
    drawn = score_picture(result)
    assert (drawn.score >= drawn.threshold) == (score >= threshold)
    assert drawn.left <= drawn.unsure_from <= drawn.threshold <= drawn.right
    assert 0 < drawn.score <= WIDTH - MARGIN and 0 < drawn.label < WIDTH
