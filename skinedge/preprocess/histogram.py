"""Counts levels tile by tile without a scatter-add, which ONNX's way to TFLite and LiteRT itself do not take."""

from __future__ import annotations

import torch
from torch import Tensor

LEVELS = 256
_BASE = 16


def count_by_product(level: Tensor, tiles: int) -> Tensor:
    """(B * S, S), the rows of B pictures, whole numbers in [0, 255], float32, to (B, tiles * tiles, 256) counts, float32.

    A level is two digits to the base of 16. The one-hot codes of all first digits of a tile, times those of its second
    digits, count how often each pair occurs: sums of ones, exact in any order.
    """
    rows, side_px = level.shape
    batch, tile_px, count = rows // side_px, side_px // tiles, tiles**2
    pixels = level.reshape(batch, tiles, tile_px, tiles, tile_px).transpose(2, 3).reshape(batch, count, 1, tile_px**2)
    first = (pixels * (1 / _BASE)).floor()
    second = (pixels - first * _BASE).reshape(batch, count, tile_px**2, 1)
    digits = torch.arange(_BASE, dtype=level.dtype, device=level.device)
    pairs = (first == digits.reshape(_BASE, 1)).float() @ (second == digits).float()
    return pairs.reshape(batch, count, LEVELS)
