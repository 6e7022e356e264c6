"""Shades of gray: removes the colour cast of a photo's light."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

GAIN_STEPS = 1024
"""Gains are rounded to this fraction. Runtimes add up pixels in different orders; after rounding they all have the same
gains, and whole levels, so that nothing after it rounds differently on different phones."""


class ShadesOfGray(nn.Module):
    """Scales each channel so that the Minkowski 6-norms of the three become equal.

    Source: Finlayson and Trezzi, Shades of gray and colour constancy, 2004, with the usual p = 6.
    """

    def forward(self, rgb: Tensor) -> Tensor:
        """(B, 3, H, W) float32 in [0, 255] to whole levels in [0, 255], float32."""
        unit = rgb * (1 / 255)
        # x^6 by multiplications: pow is an order slower in the portable kernels of a phone.
        square = unit * unit
        mean = _mean(square * square * square)
        norm = mean.clamp_min(1e-12) ** (1 / 6)
        # The gains divide by the illuminant scaled to a mean square of one, so brightness is kept.
        gain = (norm * norm).mean(dim=1, keepdim=True).sqrt() / norm
        gain = (gain * GAIN_STEPS).round() * (1 / GAIN_STEPS)
        # XNNPACK does this clamp, unlike `clamp`, in the same pass over the pixels as the product.
        return F.hardtanh(rgb * gain, 0.0, 255.0).round()


def _mean(planes: Tensor) -> Tensor:
    """(B, 3, H, W) to (B, 3, 1, 1). A mean of means loses less to rounding than one long sum.

    XNNPACK supports means only over the last two axes of four, so each row, and then each channel, becomes a plane.
    """
    batch, channels, height, width = planes.shape
    of_rows = planes.reshape(1, -1, 1, width).mean(dim=(2, 3), keepdim=True)
    return of_rows.reshape(1, -1, 1, height).mean(dim=(2, 3), keepdim=True).reshape(batch, channels, 1, 1)
