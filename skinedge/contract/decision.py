"""The malignancy score and the decision: one rule for screening, gates, parity, evaluation, audit and card.

Kotlin has a twin of this file, and so has every sample: keep it to sums and comparisons.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skinedge.codes import Decision

REFER: Decision = "refer"
CANNOT_ASSESS: Decision = "cannot assess"
WATCH: Decision = "watch"


def malignancy_score(probabilities: ArrayLike, malignant_indices: Sequence[int]) -> NDArray[np.float64]:
    """Adds up the probabilities of the malignant labels.

    Args:
        probabilities: (..., L), in any type of float.
        malignant_indices: which of the L labels are malignant.

    Returns: (...,) float64 in [0, 1], added in double precision in the order of `malignant_indices`.
    """
    given = np.asarray(probabilities)
    total = np.zeros(given.shape[:-1], dtype=np.float64)
    # One after the other, as the twins do: NumPy adds many terms in another order, with other rounding.
    for index in malignant_indices:
        total += given[..., index]
    return np.clip(total, 0.0, 1.0)


def decide(scores: ArrayLike, refer: ArrayLike, watch_below: ArrayLike | None = None) -> NDArray[np.str_]:
    """The decision on each malignancy score of a usable photo.

    Args:
        scores: (...,) malignancy scores.
        refer: the threshold, one for all or one for each: a score at or above it means refer.
        watch_below: a score under it means watch, and from there up to `refer` it cannot be assessed; None where every score
            below `refer` means watch.

    Returns: (...,) decisions: `REFER`, `CANNOT_ASSESS` or `WATCH`.
    """
    given = np.asarray(scores)
    limit = refer if watch_below is None else watch_below
    return np.where(given >= refer, REFER, np.where(given >= limit, CANNOT_ASSESS, WATCH))
