"""CLAHE against OpenCV's."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from skinedge.preprocess.clahe import Clahe
from tests.preprocess import pictures

SIDES = [224, 160]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def grey(pixels: pictures.Pixels) -> NDArray[np.uint8]:
    return np.stack([cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in pixels])


def assert_like_opencv(channels: NDArray[np.uint8]) -> None:
    """At most one level off, on at most 0.5 % of the pixels of each picture: ties, which a sum can tip either way."""
    ours = Clahe(channels.shape[1])(torch.from_numpy(channels).float()).round().numpy()
    opencv = cv2.createCLAHE(2.0, (8, 8))
    for one, channel in zip(ours, channels, strict=True):
        difference = np.abs(one - opencv.apply(channel).astype(np.float32))
        assert difference.max() <= 1
        assert (difference > 0).mean() <= 0.005


@pytest.mark.parametrize("side_px", SIDES)
def test_drawn_lesions_are_equalized_as_by_opencv(side_px: int) -> None:
    assert_like_opencv(grey(pictures.drawn(side_px)))


@pytest.mark.parametrize("side_px", SIDES)
def test_real_photos_are_equalized_as_by_opencv(side_px: int, real_data: Path) -> None:
    channels = grey(pictures.real(real_data, side_px))
    assert len(channels) == 20
    assert_like_opencv(channels)


def hot_pixel(side_px: int) -> NDArray[np.uint8]:
    channel = np.full((side_px, side_px), 100, np.uint8)
    channel[side_px // 2, side_px // 3] = 255
    return channel


def two_halves(side_px: int) -> NDArray[np.uint8]:
    channel = np.zeros((side_px, side_px), np.uint8)
    channel[:, side_px // 2 + 3 :] = 255
    return channel


@pytest.mark.parametrize("side_px", SIDES)
def test_odd_pictures_are_equalized_as_by_opencv(side_px: int) -> None:
    flat = [np.full((side_px, side_px), level, np.uint8) for level in (0, 1, 100, 254, 255)]
    noise = np.random.default_rng(0).integers(0, 256, (side_px, side_px), dtype=np.uint8)
    assert_like_opencv(np.stack([*flat, hot_pixel(side_px), two_halves(side_px), noise]))


def test_other_settings_are_opencv_s_too() -> None:
    channel = grey(pictures.drawn(96))[2]
    ours = Clahe(96, tiles=4, clip_limit=3.5)(torch.from_numpy(channel)[None].float())[0].round().numpy()
    assert np.abs(ours - cv2.createCLAHE(3.5, (4, 4)).apply(channel).astype(np.float32)).max() <= 1


def test_a_batch_changes_nothing() -> None:
    channels = torch.from_numpy(grey(pictures.drawn(160))).float()
    clahe = Clahe(160)
    together = clahe(channels)
    assert together.dtype == torch.float32 and together.min() >= 0 and together.max() <= 255
    assert torch.equal(torch.cat([clahe(channels[i : i + 1]) for i in range(len(channels))]), together)


def test_a_side_that_tiles_do_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 8 tiles, got 100"):
        Clahe(100)
