"""Bootstrap over patients, by weights.

To draw patients with replacement and take all their photos is to weight every photo by the number of times that its
patient was drawn. So each statistic here takes whole-number weights of shape (1 + R, N), one row a round, and returns
1 + R values at once. The first row is all ones: the statistic of the data themselves. Undefined values are NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skinedge.contract import Frozen

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Figure(Frozen):
    """A number with its 95 % interval; None (JSON null) where it is undefined."""

    value: float | None
    low: float | None
    high: float | None


def figure(values: Floats) -> Figure:
    """The value and 95 % percentile interval of (1 + R,) values, the first from the data themselves.

    It leaves out rounds in which the value is undefined, because a rare class was not drawn.
    """
    value, rounds = values[0], values[1:]
    if np.isnan(value):
        return Figure(value=None, low=None, high=None)
    defined = rounds[~np.isnan(rounds)]
    if defined.size == 0:
        return Figure(value=float(value), low=None, high=None)
    low, high = np.percentile(defined, [2.5, 97.5])
    return Figure(value=float(value), low=float(low), high=float(high))


def patient_weights(patient_ids: NDArray[np.str_], *, rounds: int, seed: int) -> Floats:
    """Draws as many patients as there are, with replacement, `rounds` times.

    Returns: (1 + rounds, N), how often each photo was drawn; the first row is all ones. The same for the same seed.
    """
    patients, position = np.unique(patient_ids, return_inverse=True)
    probabilities = np.full(len(patients), 1 / len(patients))
    drawn = np.random.default_rng(seed).multinomial(len(patients), probabilities, size=rounds)
    return np.concatenate([np.ones((1, len(patient_ids))), drawn[:, position].astype(np.float64)])


def ratio(part: Floats, whole: Floats) -> Floats:
    """part / whole, NaN where whole is 0."""
    result = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def mean_of_defined(values: Floats) -> Floats:
    """Mean over the last axis of the values that are not NaN; NaN where all are."""
    return ratio(np.nansum(values, axis=-1), np.isfinite(values).sum(axis=-1).astype(np.float64))


def weighted_share(hit: Bools, among: Bools, weights: Floats) -> Floats:
    """Share of the photos in `among` (N,) that are also in `hit` (N,), for each row of weights. Returns: (1 + R,)."""
    return ratio(weights @ (hit & among).astype(np.float64), weights @ among.astype(np.float64))


def weighted_confusion(labels: NDArray[np.integer], predicted: NDArray[np.integer], classes: int, weights: Floats) -> Floats:
    """Counts of (true, predicted). Returns: (1 + R, L, L)."""
    cells = np.eye(classes * classes)[labels.astype(np.intp) * classes + predicted]
    counts: Floats = (weights @ cells).reshape(len(weights), classes, classes)
    return counts


def weighted_auc(scores: Floats, positive: Bools, weights: Floats) -> Floats:
    """Area under the ROC curve: the probability that a positive scores above a negative, a tie counting half.

    Returns: (1 + R,), NaN where a round has no positive or no negative.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(scores[order])) + 1])
    is_positive, sorted_weights = positive[order], weights[:, order]
    positives: Floats = np.add.reduceat(sorted_weights * is_positive, starts, axis=1)
    negatives: Floats = np.add.reduceat(sorted_weights * ~is_positive, starts, axis=1)
    below = np.cumsum(negatives, axis=1) - negatives
    won = (positives * (below + negatives / 2)).sum(axis=1)
    return ratio(won, positives.sum(axis=1) * negatives.sum(axis=1))


def weighted_ece(confidence: Floats, correct: Bools, weights: Floats, *, bins: int = 15) -> Floats:
    """Expected calibration error over bins of equal width, (low, high] as in Guo et al., ICML 2017.

    Returns: (1 + R,): the mean over photos of |mean confidence - share correct| of the photo's bin.
    """
    position = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gap = np.eye(bins)[position] * (confidence - correct)[:, None]
    return ratio(np.abs(weights @ gap).sum(axis=1), weights.sum(axis=1))
