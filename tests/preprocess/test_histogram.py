"""The two ways to count levels give the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skinedge.preprocess.clahe import Clahe
from skinedge.preprocess.histogram import LEVELS, count_by_product
from tests.preprocess import pictures


@pytest.mark.parametrize("tiles", [2, 8])
def test_each_tile_is_counted_by_itself(tiles: int) -> None:
    levels = np.random.default_rng(0).integers(0, LEVELS, (3, 32, 32))
    levels[1], levels[2, :8] = 0, 255
    counts = count_by_product(torch.from_numpy(levels).float().reshape(-1, 32), tiles).numpy()
    assert counts.shape == (3, tiles**2, LEVELS) and counts.dtype == np.float32
    side = 32 // tiles
    for (picture, row, column), _ in np.ndenumerate(np.zeros((3, tiles, tiles))):
        tile = levels[picture, row * side : (row + 1) * side, column * side : (column + 1) * side]
        np.testing.assert_array_equal(counts[picture, row * tiles + column], np.bincount(tile.ravel(), minlength=LEVELS))


def test_clahe_gives_the_same_bits_either_way() -> None:
    channels = torch.from_numpy(pictures.synthetic(224)[..., 0].copy()).float()
    scattering, multiplying = Clahe(224), Clahe(224)
    multiplying.by_product = True
    assert torch.equal(multiplying(channels), scattering(channels))
