"""Percentiles of latencies, with bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
SEED = 0


@dataclass(frozen=True)
class Latency:
    """Percentiles of (rounds,) milliseconds; `low` and `high` are the 95 % interval of the median."""

    p50: float
    p90: float
    p99: float
    mean: float
    low: float
    high: float


def latency(samples_ms: Samples, *, rounds: int) -> Latency:
    """Percentiles, and the median's interval by `rounds` resamplings."""
    medians = np.median(samples_ms[picks(len(samples_ms), rounds)], axis=1)
    low, high = np.percentile(medians, (2.5, 97.5))
    p50, p90, p99 = np.percentile(samples_ms, (50, 90, 99))
    return Latency(float(p50), float(p90), float(p99), float(samples_ms.mean()), float(low), float(high))


@dataclass(frozen=True)
class Ratio:
    """A ratio of times, with its 95 % interval."""

    value: float
    low: float
    high: float


def paired_ratio(samples_ms: Samples, others_ms: Samples, *, rounds: int) -> Ratio:
    """Median of `samples_ms` over the median of `others_ms`; rounds correspond, and are resampled together.

    Raises: ValueError where the numbers of rounds differ.
    """
    if samples_ms.shape != others_ms.shape:
        raise ValueError(f"rounds must correspond, got {len(samples_ms)} and {len(others_ms)}")
    picked = picks(len(samples_ms), rounds)
    ratios = np.median(samples_ms[picked], axis=1) / np.median(others_ms[picked], axis=1)
    low, high = np.percentile(ratios, (2.5, 97.5))
    return Ratio(float(np.median(samples_ms) / np.median(others_ms)), float(low), float(high))


def picks(count: int, rounds: int, *, seed: int = SEED) -> NDArray[np.int64]:
    """(rounds, count) indices of the `count` rounds that each resampling takes."""
    return np.random.default_rng(seed).integers(0, count, size=(rounds, count))
