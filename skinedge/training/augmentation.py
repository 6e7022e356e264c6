"""Random augmentation of training photos, a batch of tensors at a time, on any device."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from skinedge.preprocess.pipeline import halve
from skinedge.training.recipe import Augmentation


def resample(photos: Tensor, side_px: int, transform: Tensor | None = None) -> Tensor:
    """(B, 3, S, S) uint8 or float pixels to (B, 3, side_px, side_px) float32 in [0, 255].

    `transform` is (B, 2, 3), from output to input coordinates in [-1, 1]. Without one, and with side_px = S / 2, it
    averages 2 x 2 pixels exactly as the exported program does.
    """
    batch = photos.shape[0]
    if transform is None and photos.shape[2] == 2 * side_px:
        # Sampling on a grid is off by a hundredth of a level, enough to round otherwise later.
        return halve(photos.float())
    if transform is None:
        transform = torch.eye(2, 3, device=photos.device).expand(batch, 2, 3)
    grid = F.affine_grid(transform, [batch, 3, side_px, side_px], align_corners=False)
    return F.grid_sample(photos.float(), grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def augment(photos: Tensor, side_px: int, settings: Augmentation) -> Tensor:
    """Applies the paper's augmentations (flips, scaling, brightness, contrast, saturation, noise), rotation and shift.

    Takes and returns what `resample` does.
    """
    batch, device = photos.shape[0], photos.device

    def uniform(low: float, high: float) -> Tensor:
        return torch.empty(batch, device=device).uniform_(low, high)

    angle = uniform(-1, 1) * math.radians(settings.rotation_degrees)
    scale = torch.exp(uniform(math.log(settings.scale_low), math.log(settings.scale_high)))
    flip_x = torch.where(uniform(0, 1) < settings.flip_probability, -1.0, 1.0)
    flip_y = torch.where(uniform(0, 1) < settings.flip_probability, -1.0, 1.0)
    shift_x, shift_y = (uniform(-settings.shift, settings.shift) for _ in range(2))
    transform = torch.stack(
        [
            torch.stack([scale * angle.cos() * flip_x, -scale * angle.sin(), shift_x], dim=1),
            torch.stack([scale * angle.sin(), scale * angle.cos() * flip_y, shift_y], dim=1),
        ],
        dim=1,
    )
    rgb = resample(photos, side_px, transform)

    def factor(strength: float) -> Tensor:
        return uniform(1 - strength, 1 + strength).reshape(batch, 1, 1, 1)

    rgb = rgb * factor(settings.brightness)
    middle = rgb.mean(dim=(1, 2, 3), keepdim=True)
    rgb = (rgb - middle) * factor(settings.contrast) + middle
    grey = rgb.mean(dim=1, keepdim=True)
    rgb = (rgb - grey) * factor(settings.saturation) + grey
    # A cast of the light; colour constancy takes most of it away again, as it will on the phone.
    cast = torch.empty(batch, 3, 1, 1, device=device).uniform_(1 - settings.cast, 1 + settings.cast)
    rgb = rgb * cast + torch.randn_like(rgb) * settings.noise
    return rgb.clamp(0, 255)
