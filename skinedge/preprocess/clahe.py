"""Contrast-limited adaptive histogram equalisation (CLAHE) from operators that export and are fast on phones."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skinedge.preprocess.histogram import LEVELS, count_by_product


class Clahe(nn.Module):
    """CLAHE of one channel, step for step as OpenCV's `createCLAHE(clip_limit, (tiles, tiles))`.

    Source: Pizer et al., Adaptive histogram equalization and its variations, 1987; OpenCV's rules for the residual of
    the clipped counts and for the interpolation between tiles.

    On a phone XNNPACK runs arithmetic on floats; plain loops run everything else, many times slower for each element. So
    everything is arithmetic except one scatter, one lookup and one running sum.
    """

    tile_start: Tensor
    cell_start: Tensor
    weight: Tensor
    bins: Tensor

    by_product = False
    """Whether to count levels without a scatter-add: slower, with the same result."""

    def __init__(self, side_px: int, *, tiles: int = 8, clip_limit: float = 2.0) -> None:
        super().__init__()
        if side_px % tiles:
            raise ValueError(f"side_px must be a multiple of {tiles} tiles, got {side_px}")
        self.side_px, self.tiles, self.cells = side_px, tiles, tiles + 1
        self.tile_px = side_px // tiles
        self.clip = float(max(1, int(clip_limit * self.tile_px**2 / LEVELS)))
        # A cell is what lies between the centres of four tiles. One number a row, and the same a column: where the
        # levels of its tile and of its cell start, and how far it is on the way from one centre to the next.
        place = torch.arange(side_px) / self.tile_px - 0.5
        before = place.floor()
        self.register_buffer("tile_start", (torch.arange(side_px) // self.tile_px * LEVELS).float(), persistent=False)
        self.register_buffer("cell_start", (before + 1) * LEVELS, persistent=False)
        self.register_buffer("weight", place - before, persistent=False)
        self.register_buffer("bins", torch.arange(LEVELS, dtype=torch.float32), persistent=False)

    def forward(self, channel: Tensor) -> Tensor:
        """(..., H, W) whole numbers in [0, 255], float32, to (..., H, W) float32 in [0, 255].

        Unlike OpenCV it does not round the result, because runtimes would round ties differently.
        """
        # The rows of all pictures one below the other, because onnx2tf transposes a square that has a third axis.
        level = channel.reshape(-1, self.side_px)
        upper_left, upper_right, lower_left, lower_right = self._corners(level)
        across, down = self.weight, self._of_rows(self.weight, level)
        upper = upper_left * (1.0 - across) + upper_right * across
        lower = lower_left * (1.0 - across) + lower_right * across
        return (upper * (1.0 - down) + lower * down).reshape(channel.shape)

    def _of_rows(self, numbers: Tensor, level: Tensor) -> Tensor:
        """One number for each row of a picture, (H,), as (B * H, 1)."""
        return numbers.repeat(len(level) // self.side_px)[:, None] if len(level) > self.side_px else numbers[:, None]

    def _in_picture(self, index: Tensor, count: int) -> Tensor:
        """Indices (B * H, W) into each picture's own table of `count` entries, as indices into one long table."""
        if len(index) == self.side_px:  # as in every exported program, which need not add zeros
            return index
        picture = torch.arange(len(index), dtype=index.dtype, device=index.device)[:, None] // self.side_px
        return index + picture * count

    def _corners(self, level: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The levels as mapped by the tables of the four nearest tiles, each (B * H, W). At the edges two are the same."""
        tables = self._tables(level)
        tables = torch.cat([tables[:, :1], tables, tables[:, -1:]], dim=1)
        tables = torch.cat([tables[:, :, :1], tables, tables[:, :, -1:]], dim=2)
        corners = [
            tables[:, down : down + self.cells, across : across + self.cells].reshape(1, -1)
            for down in (0, 1)
            for across in (0, 1)
        ]
        # One lookup of four numbers side by side costs little more than a lookup of one.
        down = self._of_rows(self.cell_start, level) * float(self.cells)
        index = self._in_picture((level + down + self.cell_start).int(), self.cells**2 * LEVELS)
        found = F.embedding(index.flatten(), torch.cat(corners).T).T
        return tuple(found[i : i + 1].reshape(level.shape) for i in range(4))  # type: ignore[return-value]

    def _tables(self, level: Tensor) -> Tensor:
        """The mapping of levels, one of 256 entries a tile: (B, tiles, tiles, 256) whole numbers."""
        histogram = self._histogram(level)
        clipped = histogram.clamp_max(self.clip)
        excess = (histogram - clipped).mean(dim=(2, 3), keepdim=True)
        share = excess.floor()
        # The remainder goes one by one to every step-th level, from the darkest on.
        residual = (excess - share) * float(LEVELS)
        step = (float(LEVELS) / residual.clamp_min(1.0)).floor()
        turn = self.bins / step
        # Conditions as products: 1 at a whole turn, 0 elsewhere, and 1 as long as some of the residual is left.
        whole = (1.0 - (turn - turn.floor()) * float(LEVELS)).clamp_min(0.0)
        left = (residual - turn).clamp(0.0, 1.0)
        total = (clipped + share + whole * left).cumsum(dim=3)
        mapped = (total * ((LEVELS - 1) / self.tile_px**2)).round().clamp_max(LEVELS - 1.0)
        return mapped.reshape(-1, self.tiles, self.tiles, LEVELS)

    def _histogram(self, level: Tensor) -> Tensor:
        """The number of pixels of each level in each tile: (1, B * tiles * tiles, 1, 256) whole numbers.

        The ones to add up, and each index, are computed, because an exporter would store constants of the photo's size for
        them, and several of those outweigh a fifth of the network.
        """
        if self.by_product:
            return count_by_product(level, self.tiles).reshape(1, -1, 1, LEVELS)
        count = self.tiles**2 * LEVELS
        down = self._of_rows(self.tile_start, level) * float(self.tiles)
        index = self._in_picture((level + down + self.tile_start).long(), count)
        ones = (level + 1.0).clamp_max(1.0)
        empty = torch.zeros(len(level) // self.side_px * count, device=level.device)
        return empty.scatter_add(0, index.flatten(), ones.flatten()).reshape(1, -1, 1, LEVELS)
