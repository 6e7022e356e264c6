"""How much detail a photo carries, and how it lies: what blur, shaking and compression take away.

A photo loses detail from the finest scale on. One measure of the finest scale tells most blur; the noise of a sensor, which
comes after the lens, hides it there, and shows less at four times the scale, where blur still lacks detail beside the next
scale. Shaking takes it in one direction alone. Compression leaves tiles without any. All work on brightness, (H, W) float32.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Brightness = NDArray[np.float32]

FLAT_RANGE = 1.01
"""Range of brightness within a tile without any detail: not more than one level, of 255."""
_TILE = 4
_BUSIEST = 0.9
"""Edges count the same from this quantile on: a hair or a rim of a highlight is no pattern."""


def half(brightness: Brightness) -> Brightness:
    """Means of 2 x 2 pixels. It leaves out the last row and column where the number is odd."""
    height, width = (side // 2 for side in brightness.shape)
    means: Brightness = brightness[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))
    return means


def laplacian_variance(brightness: Brightness) -> float:
    """Variance of the four-neighbour Laplacian of a (H, W) image: small where there is no fine detail."""
    centre = brightness[1:-1, 1:-1]
    neighbours = brightness[:-2, 1:-1] + brightness[2:, 1:-1] + brightness[1:-1, :-2] + brightness[1:-1, 2:]
    return float((neighbours - 4 * centre).var())


def direction(brightness: Brightness) -> float:
    """How many times more detail there is across than along, in an upright or diagonal cross: 1 where both are alike."""
    twice = 2 * brightness[1:-1, 1:-1]
    ends = [
        (brightness[1:-1, :-2], brightness[1:-1, 2:]),
        (brightness[:-2, 1:-1], brightness[2:, 1:-1]),
        (brightness[:-2, :-2], brightness[2:, 2:]),
        (brightness[:-2, 2:], brightness[2:, :-2]),
    ]
    # A photo without any detail has it nowhere more than elsewhere.
    across, along, down, up = (float((one + other - twice).var()) + 1e-6 for one, other in ends)
    return max(across / along, along / across, down / up, up / down)


def flat_share(brightness: Brightness) -> float:
    """Share of the tiles of 4 x 4 pixels, 0..1, without any detail."""
    height, width = (side // _TILE for side in brightness.shape)
    tiles = brightness[: height * _TILE, : width * _TILE].reshape(height, _TILE, width, _TILE)
    return float((tiles.max(axis=(1, 3)) - tiles.min(axis=(1, 3)) < FLAT_RANGE).mean())


def order(brightness: Brightness) -> tuple[float, float]:
    """How far the edges lie along one straight cross, 0..1, and how strong they are, on the scale of logarithms.

    Cloth, keys and print have edges along a cross, and wood along one line of it; skin and lesions have them all around.
    The angle of an edge counts four times, so that a quarter turn makes no difference.
    """
    logarithm = np.log(brightness + 8)
    edges = (logarithm[1:-1, 2:] - logarithm[1:-1, :-2]) + 1j * (logarithm[2:, 1:-1] - logarithm[:-2, 1:-1])
    strength = np.abs(edges) ** 2 + 1e-12
    weight = np.minimum(strength, np.quantile(strength, _BUSIEST))
    fourfold = (weight * edges**4 / strength**2).sum()
    return float(np.abs(fourfold) / weight.sum()), float(np.sqrt(weight.mean()))
