"""Changes to a photo that should not change a decision: light, focus, turning and distance.

All take and return (S, S, 3) uint8 RGB, the square that a model is given. Where a turned or distant photo would show more
than the frame, its mirror image fills the gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageFilter

from skinedge.preprocess.photo import Pixels

Perturbation = Callable[[Pixels], Pixels]


def light(*factors: float) -> Perturbation:
    """Multiplies red, green and blue."""

    def apply(pixels: Pixels) -> Pixels:
        lit: Pixels = np.clip(np.rint(pixels * np.array(factors)), 0, 255).astype(np.uint8)
        return lit

    return apply


def blur(sigma_share: float) -> Perturbation:
    """Gaussian blur; sigma as a share of the side, so that it means the same for every model."""

    def apply(pixels: Pixels) -> Pixels:
        return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(sigma_share * len(pixels))))

    return apply


def quarter_turns(count: int) -> Perturbation:
    def apply(pixels: Pixels) -> Pixels:
        return np.ascontiguousarray(np.rot90(pixels, count))

    return apply


def mirror(pixels: Pixels) -> Pixels:
    """Swaps left and right."""
    return np.ascontiguousarray(pixels[:, ::-1])


def turn(degrees: float) -> Perturbation:
    """Rotates about the middle, counter-clockwise."""

    def apply(pixels: Pixels) -> Pixels:
        side_px = len(pixels)
        margin = side_px // 4
        image = Image.fromarray(_framed(pixels, margin)).rotate(degrees, Image.Resampling.BILINEAR)
        return np.asarray(image.crop((margin, margin, margin + side_px, margin + side_px)))

    return apply


def zoom(factor: float) -> Perturbation:
    """Comes nearer (over 1) or goes away (under 1)."""

    def apply(pixels: Pixels) -> Pixels:
        side_px = len(pixels)
        margin = max(0, int(np.ceil((1 / factor - 1) * side_px / 2)))
        image = Image.fromarray(_framed(pixels, margin))
        middle, half = image.width / 2, side_px / factor / 2
        box = (middle - half, middle - half, middle + half, middle + half)
        return np.asarray(image.resize((side_px, side_px), Image.Resampling.BILINEAR, box=box))

    return apply


def _framed(pixels: Pixels, margin: int) -> Pixels:
    return np.pad(pixels, ((margin, margin), (margin, margin), (0, 0)), mode="reflect")


PERTURBATIONS: Sequence[tuple[str, str, Perturbation]] = (
    ("light", "20 % darker", light(0.8, 0.8, 0.8)),
    ("light", "20 % brighter", light(1.2, 1.2, 1.2)),
    ("light", "warm cast", light(1.1, 1.0, 0.85)),
    ("light", "cool cast", light(0.88, 1.0, 1.12)),
    ("focus", "slight blur", blur(1 / 448)),
    ("focus", "blur", blur(3 / 448)),
    ("turning", "turned 90°", quarter_turns(1)),
    ("turning", "turned 180°", quarter_turns(2)),
    ("turning", "mirrored", mirror),
    ("turning", "turned 10° left", turn(10)),
    ("turning", "turned 10° right", turn(-10)),
    ("distance", "10 % nearer", zoom(1.1)),
    ("distance", "25 % nearer", zoom(1.25)),
    ("distance", "10 % further", zoom(0.9)),
)
"""Group, name and function of each change."""
