"""Two estimates for advice only: whether a photo shows skin, and how large the lesion on it is.

Both use means of 8 x 8 pixels of a photo at 448 x 448. Their thresholds were set on the 1,024 photos of PAD-UFES-20 at
hand, so that at most 1 % of those get either advice (docs/photo_advice.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skinedge.screening import detail

CELLS = 56
"""Cells along a side. Hairs and noise are smaller than one."""

NO_SKIN_BELOW = 0.45
"""Share of the cells with the colour of skin, see `skin_share`; 0.5 % of the photos have less."""

MOST_RED_TO_GREEN = 2.6
"""Redder than any skin: paint, cloth."""

ORDERED_ABOVE = 0.3
"""How far edges lie along one cross, see `detail.order`: more do on cloth, keys, print and wood."""

WOVEN_ABOVE = 0.75
"""See `woven_share`: more is explained by rows and columns on checked cloth and on keys."""

EVEN_BELOW = 0.008
"""Strength of the edges, see `detail.order`, of an even surface, such as empty paper."""

TINY_BELOW = 0.006
"""Share of the photo; 0.5 % of the photos show a clear lesion that is smaller, see `clear_lesion_share`."""

_EDGE, _MARGIN = 6, 8
"""Cells along each edge that should show only skin, and those where no lesion is looked for."""
_CLEAR = 3.5
"""How many times further from the skin's colour than nine tenths of the edge a clear lesion is."""
_LEAST_SPREAD = 0.03
"""Of an edge in even light, on the scale of logarithms: 3 %."""


def cells(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(CELLS, CELLS, 3) means of (side_px, side_px, 3) uint8 RGB pixels. It may leave out the last few pixels."""
    size = pixels.shape[0] // CELLS
    whole = pixels[: size * CELLS, : size * CELLS]
    # Integer sums, one axis after the other: a mean over both at once takes ten times as long.
    rows = whole.reshape(CELLS, size, CELLS * size, 3).sum(axis=1, dtype=np.uint32)
    sums = rows.reshape(CELLS, CELLS, size, 3).sum(axis=2)
    return np.asarray(sums / size**2, dtype=np.float32)


def skin_share(means: NDArray[np.float32]) -> float:
    """The share of the cells, 0..1, in which red is the strongest colour, as it is in light from any skin.

    Melanin and blood both absorb red light least, in any amount, so that the order of the colours is the same in light and
    dark skin; it uses only ratios, never brightness. Wood, brick and cardboard have that order, too.
    """
    red, green, blue = means[..., 0], means[..., 1], means[..., 2]
    return float(((red > green) & (red > blue) & (red < MOST_RED_TO_GREEN * green)).mean())


def is_something_else(brightness: NDArray[np.float32], means: NDArray[np.float32]) -> bool:
    """Whether a photo shows a pattern, such as cloth or wood, or an even surface on which nothing stands out.

    Args:
        brightness: (H, W).
        means: its `cells`.
    """
    along, strength = detail.order(detail.half(detail.half(brightness)))
    is_pattern = along > ORDERED_ABOVE or woven_share(means) > WOVEN_ABOVE
    return is_pattern or (strength < EVEN_BELOW and clear_lesion_share(means) is None)


def woven_share(means: NDArray[np.float32]) -> float:
    """The share of the differences in brightness, 0..1, that rows and columns of the cells explain, as stripes do.

    What changes slowly over the photo, as light does, is taken away before.
    """
    brightness = np.log(means @ np.array((0.299, 0.587, 0.114)) + 8)
    place = np.linspace(-1, 1, CELLS)
    slow = np.stack([np.ones(CELLS), place, place**2 - (place**2).mean()])
    slow /= np.linalg.norm(slow, axis=1, keepdims=True)
    # Constant, slopes and curves: no product of two curves, nor of a curve and a slope.
    light = np.where(np.add.outer(range(3), range(3)) <= 2, slow @ brightness @ slow.T, 0)
    rest = brightness - slow.T @ light @ slow
    explained = (rest.mean(axis=0) ** 2).mean() + (rest.mean(axis=1) ** 2).mean()
    return float(explained / ((rest**2).mean() + 1e-9))


def clear_lesion_share(means: NDArray[np.float32]) -> float | None:
    """The share of the photo, 0..1, of a lesion that stands out clearly from the skin along the edges.

    It compares logarithms of colours, so that a shadow is the same step in light and dark skin. A cell belongs to the
    lesion where it differs from the edge at least half as much as the most different cells do.

    Returns: None where nothing stands out clearly: pale lesions, lesions as large as the photo, hairy or uneven skin.
    """
    colours = np.log(means + 8)
    edge = np.ones((CELLS, CELLS), dtype=bool)
    edge[_EDGE:-_EDGE, _EDGE:-_EDGE] = False
    away = np.linalg.norm(colours - np.median(colours[edge], axis=0), axis=-1)
    inner = away[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    # The third most different cell: one or two may be a highlight or a speck.
    peak = np.partition(inner, -3, axis=None)[-3]
    if peak < _CLEAR * max(float(np.quantile(away[edge], 0.9)), _LEAST_SPREAD):
        return None
    return float((inner > peak / 2).sum() / CELLS**2)
