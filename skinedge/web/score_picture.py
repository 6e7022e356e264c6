"""The coordinates of a drawing of a score against the threshold."""

from __future__ import annotations

from dataclasses import dataclass

from skinedge.screening.screener import ScreeningResult

WIDTH, MARGIN = 600, 12
_LABEL_HALF_WIDTH = 90
"""Half the width of the longest label, which keeps this far from the edges of the drawing."""
_APART = 4
"""The smallest distance that a reader can see."""


@dataclass(frozen=True)
class ScorePicture:
    """Horizontal coordinates in a drawing that is `WIDTH` wide; the scale runs from `left` at 0 to `right` at 1."""

    left: float
    unsure_from: float
    """Where "cannot assess" starts; `threshold` where there is no such band."""
    threshold: float
    score: float
    right: float

    @property
    def label(self) -> float:
        """Middle of the label above the score."""
        return min(max(self.score, self.left + _LABEL_HALF_WIDTH), self.right - _LABEL_HALF_WIDTH)


def score_picture(result: ScreeningResult) -> ScorePicture:
    """The coordinates for a result that has a score. The mark is always on the score's side of the threshold."""
    scale = WIDTH - 2 * MARGIN

    def place(value: float) -> float:
        return round(MARGIN + value * scale, 1)

    score, threshold = result.malignancy_score or 0.0, result.refer_threshold
    below = threshold if result.watch_below is None else result.watch_below
    # A mark that is too close to see is moved away from the threshold, on its own side.
    mark = max(place(score), place(threshold)) if score >= threshold else min(place(score), place(threshold) - _APART)
    return ScorePicture(MARGIN, place(below), place(threshold), mark, WIDTH - MARGIN)
