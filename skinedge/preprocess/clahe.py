"""Contrast-limited adaptive histogram equalisation out of operators that export."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEVELS = 256


class Clahe(nn.Module):
    """CLAHE of one channel, step for step as OpenCV's `createCLAHE(clip_limit, (tiles, tiles))`.

    Source: Pizer et al., Adaptive histogram equalization and its variations, 1987; OpenCV's rules for the residual of
    the clipped counts and for the interpolation between tiles.
    """

    row_low: Tensor
    row_high: Tensor
    row_weight: Tensor
    tile_base: Tensor
    bins: Tensor

    def __init__(self, side_px: int, *, tiles: int = 8, clip_limit: float = 2.0) -> None:
        super().__init__()
        if side_px % tiles:
            raise ValueError(f"side_px must be a multiple of {tiles} tiles, got {side_px}")
        self.side_px, self.tiles = side_px, tiles
        self.tile_px = side_px // tiles
        self.clip = float(max(1, int(clip_limit * self.tile_px**2 / LEVELS)))
        position = torch.arange(side_px) / self.tile_px - 0.5
        low = position.floor()
        # Small integer constants: rows and columns share them; the index of a pixel's table is made by broadcasting.
        self.register_buffer("row_low", low.clamp(0, tiles - 1).long(), persistent=False)
        self.register_buffer("row_high", (low + 1).clamp(0, tiles - 1).long(), persistent=False)
        self.register_buffer("row_weight", position - low, persistent=False)
        tile = torch.arange(side_px) // self.tile_px
        self.register_buffer("tile_base", (tile[:, None] * tiles + tile[None, :]) * LEVELS, persistent=False)
        self.register_buffer("bins", torch.arange(LEVELS, dtype=torch.float32), persistent=False)

    def forward(self, channel: Tensor) -> Tensor:
        """(B, H, W) whole numbers in [0, 255], any dtype, to (B, H, W) float32 in [0, 255].

        OpenCV rounds the result; here it is not rounded, because a tie would tip over differently in each runtime.
        """
        batch, side = channel.shape[0], self.side_px
        level = channel.long()
        tables = self._tables(level).reshape(batch, -1)
        top, bottom = self.row_low[:, None] * self.tiles, self.row_high[:, None] * self.tiles
        left, right = self.row_low[None, :], self.row_high[None, :]

        def look_up(tile: Tensor) -> Tensor:
            return tables.gather(1, (level + tile * LEVELS).reshape(batch, -1)).reshape(batch, side, side)

        across, down = self.row_weight[None, None, :], self.row_weight[None, :, None]
        upper = look_up(top + left) * (1 - across) + look_up(top + right) * across
        lower = look_up(bottom + left) * (1 - across) + look_up(bottom + right) * across
        return upper * (1 - down) + lower * down

    def _tables(self, level: Tensor) -> Tensor:
        """The (B, tiles * tiles, 256) mapping of levels, one a tile."""
        batch, count = level.shape[0], self.tiles**2
        index = (level + self.tile_base).reshape(batch, -1)
        flat = torch.zeros(batch, count * LEVELS, device=level.device)
        histogram = flat.scatter_add(1, index, torch.ones_like(index, dtype=torch.float32))
        histogram = histogram.reshape(batch, count, LEVELS)
        clipped = histogram.clamp_max(self.clip)
        excess = (histogram - clipped).sum(dim=2, keepdim=True)
        share = (excess * (1 / LEVELS)).floor()
        # What does not divide evenly goes one by one to every step-th level, from the darkest on.
        residual = excess - share * LEVELS
        step = (LEVELS / residual.clamp_min(1)).floor()
        turn = self.bins / step
        extra = ((turn == turn.floor()) & (turn < residual)).float()
        total = (clipped + share + extra).cumsum(dim=2)
        return (total * ((LEVELS - 1) / self.tile_px**2)).round().clamp_max(LEVELS - 1)
