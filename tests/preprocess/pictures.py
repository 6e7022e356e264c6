"""Pictures to test on: synthetic lesions, real ones, and those that break careless code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinedge.contract import ImageSpec
from skinedge.datasets.synthetic import draw_lesion
from skinedge.preprocess.photo import load_photo
from skinedge.questionnaire import LABELS

Pixels = NDArray[np.uint8]


def synthetic(side_px: int) -> Pixels:
    """(6, side_px, side_px, 3): one lesion of each label."""
    rng = np.random.default_rng(3)
    return np.stack([draw_lesion(rng, label, side_px) for label in LABELS])


def real(folder: Path, side_px: int, count: int = 20) -> Pixels:
    """(count, side_px, side_px, 3): photos from all over the data set."""
    paths = sorted((folder / "images").iterdir())
    return np.stack([load_photo(path, ImageSpec(side_px=side_px)) for path in paths[:: len(paths) // count][:count]])


def planes(pixels: Pixels) -> Tensor:
    """(B, S, S, 3) uint8 to (B, 3, S, S) float32."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float()


def pixels_of(rgb: Tensor) -> NDArray[np.float64]:
    """(B, 3, S, S) to (B, S, S, 3)."""
    return rgb.permute(0, 2, 3, 1).double().numpy()
