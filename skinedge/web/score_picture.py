"""Where a score stands against the threshold, in the measures of a drawing."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH, MARGIN = 1000, 40
_LABEL_HALF_WIDTH = 130
"""A label keeps this far from the edges of the drawing."""


@dataclass(frozen=True)
class ScorePicture:
    """Horizontal places of a drawing that is `WIDTH` wide; the scale runs from `left` at 0 to `right` at 1."""

    left: float
    threshold: float
    score: float
    right: float

    @property
    def score_label(self) -> float:
        return min(max(self.score, self.left + _LABEL_HALF_WIDTH), self.right - _LABEL_HALF_WIDTH)


def score_picture(score: float, threshold: float) -> ScorePicture:
    """The marker of a score at or above the threshold never lies left of it, and that of one below never on it."""
    scale = WIDTH - 2 * MARGIN
    at = round(MARGIN + threshold * scale, 1)
    marker = round(MARGIN + score * scale, 1)
    # Scores that differ by less than a reader sees are drawn on their own side all the same.
    marker = max(marker, at) if score >= threshold else min(marker, at - 6)
    return ScorePicture(left=MARGIN, threshold=at, score=marker, right=WIDTH - MARGIN)
