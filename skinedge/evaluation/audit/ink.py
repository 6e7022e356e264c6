"""Surgical pen in a photo."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from skinedge.preprocess.photo import Pixels

TYPICAL_SKIN = np.array([205.0, 160.0, 135.0], dtype=np.float32)
"""RGB that the photo's own median is scaled to, so that a violet cast does not count as ink."""
HUES_DEGREES = (120.0, 320.0)
LEAST_SATURATION, LEAST_VALUE = 0.15, 0.15
CENTRE_RADIUS = 0.2
"""In sides. Blue and grey-green lesions lie in the middle; circles, arrows and lines are drawn around them."""


def ink_mask(pixels: Pixels) -> NDArray[np.bool_]:
    """(S // 2, S // 2) whether each 2 x 2 pixels of (S, S, 3) uint8 RGB look like pen: saturated green, blue or violet.

    Colours are taken relative to the photo's median, which is skin. Clothes, gloves and cloth of these colours count too.
    """
    half = len(pixels) // 2
    small = cv2.resize(pixels.astype(np.float32), (half, half), interpolation=cv2.INTER_AREA)
    median = np.maximum(np.median(small, axis=(0, 1)), 1)
    balanced = np.clip(small / median * TYPICAL_SKIN, 0, 255).astype(np.float32) / 255
    low, high = HUES_DEGREES
    hsv = cv2.cvtColor(balanced, cv2.COLOR_RGB2HSV)
    inked: NDArray[np.bool_] = cv2.inRange(hsv, (low, LEAST_SATURATION, LEAST_VALUE), (high, 1, 1)) > 0
    return inked


def ink_share(inked: NDArray[np.bool_]) -> float:
    """The share, 0..1, of the photo outside its centre that an `ink_mask` covers."""
    axis = np.linspace(-0.5, 0.5, len(inked))
    around = np.hypot(axis, axis[:, None]) > CENTRE_RADIUS
    return float(inked[around].mean())
