"""Counts levels tile by tile without a scatter-add, which neither onnx2tf nor LiteRT supports."""

from __future__ import annotations

import torch
from torch import Tensor

LEVELS = 256
_BASE = 16


def count_by_product(level: Tensor, tiles: int) -> Tensor:
    """The rows of B pictures, (B * S, S) whole numbers in [0, 255], float32, to (B, tiles * tiles, 256) counts, float32.

    A level has two digits in base 16. The product of the one-hot matrix of all first digits of a tile and that of its
    second digits counts how often each pair occurs: sums of ones, exact in any order.
    """
    rows, side_px = level.shape
    batch, tile_px, count = rows // side_px, side_px // tiles, tiles**2
    pixels = level.reshape(batch, tiles, tile_px, tiles, tile_px).transpose(2, 3).reshape(batch, count, 1, tile_px**2)
    first = (pixels * (1 / _BASE)).floor()
    second = (pixels - first * _BASE).reshape(batch, count, tile_px**2, 1)
    digits = torch.arange(_BASE, dtype=level.dtype, device=level.device)
    pairs = (first == digits.reshape(_BASE, 1)).float() @ (second == digits).float()
    return pairs.reshape(batch, count, LEVELS)
