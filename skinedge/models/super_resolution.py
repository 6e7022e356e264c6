"""The auxiliary task: reconstruct the photo at twice its size from the last feature map. Used in training only."""

from __future__ import annotations

from torch import nn


class SuperResolutionDecoder(nn.Sequential):
    """Six transposed convolutions, each of which doubles the side: (B, C, 7, 7) to (B, 3, 448, 448).

    Source: paper, section 2.2 ("6-layered CNN"). The widths are ours, the paper gives none.
    """

    def __init__(self, channels: int, *, widths: tuple[int, ...] = (64, 32, 32, 16, 8)) -> None:
        layers: list[nn.Module] = []
        for before, after in zip((channels, *widths), (*widths, 3), strict=True):
            layers += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), nn.ReLU()]
        super().__init__(*layers[:-1])
