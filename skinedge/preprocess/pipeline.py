"""The preprocessing of pixels, in modules that training, every export and every phone share."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skinedge.preprocess.clahe import Clahe
from skinedge.preprocess.color_constancy import ShadesOfGray

# ITU-R BT.601 luma in 256ths: products with whole levels are exact in float32, whatever the order of the sum.
LUMA = (77 / 256, 150 / 256, 29 / 256)

CLIP_LIMIT = 1.35
"""Weaker than the usual 2. On grouped folds, a linear probe of frozen MobileNet-V2 features tells malignant from benign
less well the stronger CLAHE is, and the six classes best at about this limit."""


class Enhance(nn.Module):
    """Colour constancy, then CLAHE of the luma.

    CLAHE changes only Y of YCrCb. That transform is linear, so that adding the change of Y to R, G and B is the same as
    converting to YCrCb and back.
    """

    def __init__(self, side_px: int) -> None:
        super().__init__()
        self.constancy = ShadesOfGray()
        self.clahe = Clahe(side_px, clip_limit=CLIP_LIMIT)

    def forward(self, rgb: Tensor) -> Tensor:
        """(B, 3, H, W) float32 in [0, 255] to the same."""
        even: Tensor = self.constancy(rgb)
        red, green, blue = (even[:, i : i + 1] * LUMA[i] for i in range(3))
        luma = (red + green + blue).round()
        change: Tensor = self.clahe(luma) - luma
        return F.hardtanh(even + change, 0.0, 255.0)  # one pass over the pixels in XNNPACK, where `clamp` is another


class Normalize(nn.Module):
    """Shifts and scales each channel to the range that the backbone was pretrained with."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).reshape(1, 3, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(std).reshape(1, 3, 1, 1) * 255, persistent=False)

    def forward(self, rgb: Tensor) -> Tensor:
        """(B, 3, H, W) float32 in [0, 255] to the backbone's range. `mean` and `std` are for pixels in [0, 1]."""
        return (rgb - self.mean) / self.std


# By width: each row takes a quarter of two values side by side. As constants, because XNNPACK takes no product with others.
_QUARTERS = {group: torch.eye(group // 2).repeat_interleave(2, dim=1) / 4 for group in (2, 4, 8, 16, 32)}


def halve(rgb: Tensor) -> Tensor:
    """(B, 3, 2H, 2W) to (B, 3, H, W) by averaging 2 x 2 pixels.

    Rows first, then columns by a product with a small matrix. A pooling of three channels takes ExecuTorch 30 times as long.
    """
    batch, channels, height, width = rgb.shape
    rows = rgb.reshape(-1, 2, width)
    rows = rows[:, :1] + rows[:, 1:]
    group = math.gcd(width, 32)
    means = F.linear(rows.reshape(-1, group), _QUARTERS[group].to(rgb.device))
    return means.reshape(batch, channels, height // 2, width // 2)
