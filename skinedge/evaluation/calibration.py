"""Temperature and threshold, chosen after training on data that neither train nor test the model."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from skinedge.errors import ConfigError, DataError

TARGET_SENSITIVITY = 0.95
"""The share of malignant photos that a refer threshold is chosen to refer."""

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.05, 20.0
"""Bounds of the search: data without a single mistake would pull the temperature to 0."""


def fit_temperature(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """The T for which softmax(logits / T) gives these labels the highest likelihood.

    Args:
        logits: (N, L).
        labels: (N,) positions 0 .. L - 1.

    Returns: T, from 0.05 to 20. It never changes the first class.
    Raises: DataError where the arrays are empty, do not fit together or hold NaN.
    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or labels.size == 0:
        raise DataError(f"got logits {logits.shape} and labels {labels.shape}, expected (N, L) and (N,) with N over 0")
    if not np.isfinite(logits).all():
        raise DataError("got logits that are not finite: the model diverged; train with a lower learning rate")
    exact, row = logits.astype(np.float64), np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        log_probabilities = log_softmax(exact / math.exp(log_temperature), axis=1)
        return float(-log_probabilities[row, labels].mean())

    bounds = (math.log(LOWEST_TEMPERATURE), math.log(HIGHEST_TEMPERATURE))
    return math.exp(float(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6}).x))


def refer_threshold(scores: NDArray[np.floating], is_malignant: NDArray[np.bool_], *, sensitivity: float) -> float:
    """The largest threshold that still refers at least this share of the malignant photos.

    The lowest malignant score to refer and the next lower score of any photo, or 0, bound a gap in which every threshold
    decides these data alike. The threshold is the middle of that gap, so that the rounding of another runtime does not
    turn a referral into "watch".

    Args:
        scores: (N,) malignancy scores, 0..1.
        is_malignant: (N,).
        sensitivity: the share of malignant photos to refer, over 0 and up to 1.

    Returns: the threshold, 0..1; refer where score >= threshold.
    Raises: DataError where no photo is malignant or the arrays do not fit; ConfigError for an impossible sensitivity.
    """
    if not 0 < sensitivity <= 1:
        raise ConfigError(f"got a target sensitivity of {sensitivity}, expected over 0 and at most 1, such as 0.95")
    if scores.ndim != 1 or scores.shape != is_malignant.shape:
        raise DataError(f"got scores {scores.shape} and truth {is_malignant.shape}, expected the same length N")
    if not np.isfinite(scores).all():
        raise DataError("got malignancy scores that are not finite: check the model's output before calibrating")
    malignant = np.sort(scores[is_malignant])[::-1].astype(np.float64)
    if malignant.size == 0:
        raise DataError("cannot choose a refer threshold: got no malignant photo, expected at least 1; use a larger fold")
    # 0.55 * 100 is slightly over 55 in binary; without the slack it would take one more photo.
    needed = math.ceil(sensitivity * malignant.size - 1e-9)
    last = float(malignant[max(needed, 1) - 1])
    below = float(np.max(scores[scores < last], initial=0.0))
    middle = (last + below) / 2
    # Between neighbouring floats there is no middle.
    return min(middle if middle > below else last, 1.0)
