"""The statistics of the drift report, each with its interval or its limit by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from pydantic import computed_field

from skinedge.contract import Frozen

_Z = 1.959964  # The 97.5 % point of the normal distribution
_Z_ONE_SIDED = 1.644854  # The 95 % point


class Share(Frozen):
    """A part of a whole, with its 95 % interval."""

    count: int
    of: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def value(self) -> float | None:
        """0..1; None of nothing."""
        return self.count / self.of if self.of else None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def interval(self) -> tuple[float, float] | None:
        """Of Wilson, which stays right for small numbers and near 0 and 1.

        It takes visits as independent; several visits of one person make the true interval wider.
        Source: Wilson, JASA 22:209, 1927.
        """
        if not self.of:
            return None
        n, p, z = self.of, self.count / self.of, _Z
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)


def equal_parts(counts: Sequence[int], parts: int) -> list[int]:
    """The cuts of a histogram into up to `parts` neighbouring groups with about equal counts.

    Returns: the start of each group after the first, rising; none is empty.
    """
    total, before, so_far = sum(counts), 0, 0
    cuts: list[int] = []
    for place, count in enumerate(counts[:-1], 1):
        so_far += count
        if before < so_far < total and so_far * parts >= total * (len(cuts) + 1):
            cuts.append(place)
            before = so_far
    return cuts


def grouped(counts: Sequence[float], cuts: Sequence[int]) -> list[float]:
    """The sums of a histogram between cuts."""
    edges = [0, *cuts, len(counts)]
    return [sum(counts[start:end]) for start, end in pairwise(edges)]


def stability_index(expected: Sequence[float], found: Sequence[float]) -> float:
    """Population stability index (PSI): 0 where two histograms have the same shape; no upper end.

    Half a count is added to each group, as an empty one would make it infinite.
    """
    a, b = ([(count + 0.5) / (sum(counts) + 0.5 * len(counts)) for count in counts] for counts in (expected, found))
    return sum((y - x) * math.log(y / x) for x, y in zip(a, b, strict=True))


def chance_limit(groups: int, expected: float, found: float) -> float:
    """The PSI that two samples of these sizes from the same population stay below in about 95 of 100 cases.

    PSI times n m / (n + m) is then about chi-squared with groups - 1 degrees of freedom, here by Wilson and Hilferty.
    Source: Yurdakul and Naranjo, Statistical properties of the population stability index, 2020.
    """
    freedom = max(groups - 1, 1)
    chi_squared = freedom * (1 - 2 / (9 * freedom) + _Z_ONE_SIDED * math.sqrt(2 / (9 * freedom))) ** 3
    return chi_squared * (1 / expected + 1 / found)


def mixture_share(one: Sequence[float], other: Sequence[float], found: Sequence[float]) -> float:
    """The share of the first population in the mixture of two that makes the found counts likeliest, 0..1, by EM."""
    a, b = ([(count + 0.5) / (sum(counts) + 0.5 * len(counts)) for count in counts] for counts in (one, other))
    share = 0.5
    for _ in range(500):
        share = sum(n * share * x / (share * x + (1 - share) * y) for n, x, y in zip(found, a, b, strict=True)) / sum(found)
    return share
