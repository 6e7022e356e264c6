"""`skinedge bench compare`: is one run faster than another, or is the difference noise?

Two runs happen at two times, and the machine may be busier at one of them. So each candidate is measured in units of a
reference that ran in the same rounds of the same run, and the two ratios are compared. Both runs have the reference.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from skinedge.benchmark.results import Measured, Results
from skinedge.benchmark.statistics import Samples, picks
from skinedge.contract import Frozen
from skinedge.errors import ConfigError

Verdict = Literal["slower", "faster", "no difference"]
LEVEL = (0.5, 99.5)
"""Percentiles of the interval: wide, because a run has many comparisons and a false alarm costs somebody a day."""

MISTRUST = 0.5
"""The share, as an exponent, of the reference's own change that widens the margin: a machine that is busier in one of two
runs does not slow all programs down alike. Of ten runs of one bundle, on two cores that other programs kept busy at random,
all 90 comparisons came out right with this share."""


class Change(Frozen):
    """B against A: the ratio of the median rounds, each in units of its reference, with its 99 % interval."""

    candidate: str
    threads: int
    ratio: float
    low: float
    high: float
    margin: float
    """The ratio that the whole interval must be beyond."""
    verdict: Verdict


def compare(before: Results, after: Results, *, reference: str | None = None) -> tuple[str | None, list[Change]]:
    """The changes of all candidates that both runs measured with the same number of threads.

    Args:
        reference: name of a candidate; None for a baseline that both runs have, or for no reference where they have none.

    Returns: the reference used, and a change for each of the others.
    Raises: ConfigError where the runs have nothing in common, or no such reference.
    """
    pairs = {key: (one, other) for key, one in _by_key(before).items() if (other := _by_key(after).get(key))}
    names = [name for name, _ in pairs]
    if reference is None:
        reference = next((name for name in names if not name.startswith("skinedge")), None)
    elif reference not in names:
        raise ConfigError(f"no reference {reference!r} in both runs: expected one of {', '.join(dict.fromkeys(names))}")
    changes = [
        _change(one, other, [pairs[reference, threads][run] for run in (0, 1)] if reference else [], after)
        for (name, threads), (one, other) in pairs.items()
        if name != reference
    ]
    if not changes:
        raise ConfigError("the two runs have no candidate in common: measure the same bundles in both")
    return reference, changes


def _change(before: Measured, after: Measured, references: list[Measured], results: Results) -> Change:
    protocol = results.protocol
    units = [measured.total_ms for measured in references]
    rounds = protocol.bootstrap_rounds
    was = _medians(before.total_ms, units[0] if units else None, rounds, seed=1)
    now = _medians(after.total_ms, units[1] if units else None, rounds, seed=2)
    low, high = np.percentile(now[1:] / was[1:], LEVEL)
    margin = (1 + protocol.smallest_difference) * _moved(units) ** MISTRUST
    verdict: Verdict = "no difference"
    if low > margin:
        verdict = "slower"
    elif high < 1 / margin:
        verdict = "faster"
    return Change(
        candidate=after.candidate,
        threads=after.threads,
        ratio=float(now[0] / was[0]),
        low=float(low),
        high=float(high),
        verdict=verdict,
        margin=float(margin),
    )


def _moved(units: list[Samples]) -> float:
    """The factor, at least 1, by which the reference took longer in one of the two runs than in the other."""
    if not units:
        return 1.0
    before, after = (float(np.median(unit)) for unit in units)
    return max(before, after) / min(before, after)


def _medians(samples: Samples, unit: Samples | None, rounds: int, *, seed: int) -> Samples:
    """(1 + rounds,): the median over rounds, each in units of its reference, of the samples and of their resamplings."""
    relative = samples if unit is None else samples / unit
    count = len(relative)
    medians: Samples = np.median(relative[np.concatenate([np.arange(count)[None], picks(count, rounds, seed=seed)])], axis=1)
    return medians


def _by_key(results: Results) -> dict[tuple[str, int], Measured]:
    return {(measured.candidate, measured.threads): measured for measured in results.measured}
