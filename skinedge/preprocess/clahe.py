"""Contrast-limited adaptive histogram equalisation out of operators that export."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skinedge.preprocess.histogram import LEVELS, count_by_product


class Clahe(nn.Module):
    """CLAHE of one channel, step for step as OpenCV's `createCLAHE(clip_limit, (tiles, tiles))`.

    Source: Pizer et al., Adaptive histogram equalization and its variations, 1987; OpenCV's rules for the residual of
    the clipped counts and for the interpolation between tiles.
    """

    low: Tensor
    high: Tensor
    weight: Tensor
    own: Tensor
    bins: Tensor

    by_product = False
    """Whether levels are counted without a scatter-add: slower, to the same numbers."""

    def __init__(self, side_px: int, *, tiles: int = 8, clip_limit: float = 2.0) -> None:
        super().__init__()
        if side_px % tiles:
            raise ValueError(f"side_px must be a multiple of {tiles} tiles, got {side_px}")
        self.side_px, self.tiles = side_px, tiles
        self.tile_px = side_px // tiles
        self.clip = float(max(1, int(clip_limit * self.tile_px**2 / LEVELS)))
        # One number a row, and the same a column: its tile, the tiles before and after its place, how far it is between.
        place = torch.arange(side_px) / self.tile_px - 0.5
        before = place.floor()
        self.register_buffer("own", torch.arange(side_px) // self.tile_px, persistent=False)
        self.register_buffer("low", before.clamp(0, tiles - 1).long(), persistent=False)
        self.register_buffer("high", (before + 1).clamp(0, tiles - 1).long(), persistent=False)
        self.register_buffer("weight", place - before, persistent=False)
        self.register_buffer("bins", torch.arange(LEVELS, dtype=torch.float32), persistent=False)

    def forward(self, channel: Tensor) -> Tensor:
        """(B, H, W) whole numbers in [0, 255], float32, to (B, H, W) float32 in [0, 255].

        OpenCV rounds the result; here it is not rounded, because a tie would tip over differently in each runtime.
        """
        level = channel.long()
        counts = count_by_product(channel, self.tiles) if self.by_product else self._count(level, (channel >= 0).float())
        tables = self._tables(counts)
        across, down = self.weight[None, None, :], self.weight[None, :, None]
        upper, lower = (self._between(tables, level, tile, across) for tile in (self.low, self.high))
        return upper * (1 - down) + lower * down

    def _between(self, tables: Tensor, level: Tensor, tile: Tensor, across: Tensor) -> Tensor:
        """Levels as the tables of one row of tiles map them, weighed between the tiles to the left and right."""
        row = level + tile[None, :, None] * (self.tiles * LEVELS)
        left, right = (
            tables.gather(1, (row + column[None, None, :] * LEVELS).flatten(1)).reshape(level.shape)
            for column in (self.low, self.high)
        )
        return left * (1 - across) + right * across

    def _count(self, level: Tensor, counted: Tensor) -> Tensor:
        """How often each level occurs in each tile: (B, tiles * tiles, 256).

        `counted` is one everywhere. It is computed, as is each index, because an exporter would store a constant of the
        photo's size for it, and several of those outweigh a fifth of the network.
        """
        batch, count = level.shape[0], self.tiles**2
        index = level + self.own[None, :, None] * (self.tiles * LEVELS) + self.own[None, None, :] * LEVELS
        flat = torch.zeros(batch, count * LEVELS, device=level.device)
        return flat.scatter_add(1, index.flatten(1), counted.flatten(1)).reshape(batch, count, LEVELS)

    def _tables(self, histogram: Tensor) -> Tensor:
        """The mapping of levels, one of 256 entries a tile: (B, tiles * tiles * 256)."""
        clipped = histogram.clamp_max(self.clip)
        excess = (histogram - clipped).sum(dim=2, keepdim=True)
        share = (excess * (1 / LEVELS)).floor()
        # What does not divide evenly goes one by one to every step-th level, from the darkest on.
        residual = excess - share * LEVELS
        step = (LEVELS / residual.clamp_min(1)).floor()
        turn = self.bins / step
        extra = ((turn == turn.floor()) & (turn < residual)).float()
        total = (clipped + share + extra).cumsum(dim=2)
        return (total * ((LEVELS - 1) / self.tile_px**2)).round().clamp_max(LEVELS - 1).flatten(1)
