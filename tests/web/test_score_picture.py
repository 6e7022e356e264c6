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
    picture = score_picture(result)
    assert (picture.score >= picture.threshold) == (score >= threshold)
    assert picture.left <= picture.unsure_from <= picture.threshold <= picture.right
    assert 0 < picture.score <= WIDTH - MARGIN and 0 < picture.label < WIDTH
