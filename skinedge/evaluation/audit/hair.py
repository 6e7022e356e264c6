"""Dark hair in a photo.

Source: Lee et al., DullRazor: a software approach to hair removal from images, Computers in Biology and Medicine 27 (1997):
grey closings along lines fill dark, thin structures, and the long ones among these are hair.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from skinedge.preprocess.photo import Pixels

LINE_PX = 9
"""Wider than any hair on a photo of 256 x 256."""
LEAST_CONTRAST = 20
"""Grey levels, 0..255, by which hair is darker than the skin beside it. At 12, creases of the skin are found too."""
LEAST_LENGTH_PX = 32

_ROW = np.zeros((LINE_PX, LINE_PX), dtype=np.uint8)
_ROW[LINE_PX // 2] = 1
_SLANT = np.eye(LINE_PX, dtype=np.uint8)
_LINES = (_ROW, np.ascontiguousarray(_ROW.T), _SLANT, np.ascontiguousarray(_SLANT[::-1]))


def hair_share(grey: Pixels, inked: NDArray[np.bool_]) -> float:
    """The share, 0..1, of a photo that dark hair covers.

    It misses pale hair, except for its shadows, and takes deep creases of the skin for hair.

    Args:
        grey: (256, 256) uint8.
        inked: see `ink.ink_mask`. Lines of a pen are no hair.
    """
    black_hat = np.max([cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, line) for line in _LINES], axis=0)
    ink = cv2.resize(inked.astype(np.uint8), grey.shape[::-1], interpolation=cv2.INTER_NEAREST)
    thin = (black_hat > LEAST_CONTRAST) & (cv2.dilate(ink, np.ones((5, 5), np.uint8)) == 0)
    _, _, found, _ = cv2.connectedComponentsWithStats(thin.astype(np.uint8), connectivity=8)
    pieces = found[1:]  # the first is the background
    length = np.hypot(pieces[:, cv2.CC_STAT_WIDTH], pieces[:, cv2.CC_STAT_HEIGHT])
    return float(pieces[length >= LEAST_LENGTH_PX, cv2.CC_STAT_AREA].sum() / grey.size)
