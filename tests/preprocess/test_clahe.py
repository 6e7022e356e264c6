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
def test_synthetic_lesions_are_equalized_as_by_opencv(side_px: int) -> None:
    assert_like_opencv(grey(pictures.synthetic(side_px)))


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


def by_the_book(channel: NDArray[np.uint8], tiles: int, clip_limit: float) -> NDArray[np.float64]:
    """(S, S) to the same, not rounded: OpenCV's steps one pixel count after the other, in the order of its source."""
    side = len(channel) // tiles
    clip = max(1, int(clip_limit * side**2 / 256))
    tables = np.zeros((tiles, tiles, 256))
    for row in range(tiles):
        for column in range(tiles):
            tile = channel[row * side : (row + 1) * side, column * side : (column + 1) * side]
            counts = np.bincount(tile.ravel(), minlength=256)
            excess = int(np.maximum(counts - clip, 0).sum())
            counts = np.minimum(counts, clip) + excess // 256
            residual = excess % 256
            if residual:
                counts[:: max(256 // residual, 1)][:residual] += 1
            # A tie is a tie in float32, as in OpenCV.
            tables[row, column] = np.minimum(np.round(np.cumsum(counts).astype(np.float32) * np.float32(255 / side**2)), 255)
    place = np.arange(len(channel)) / side - 0.5
    before = np.floor(place).astype(int)
    low, high, weight = before.clip(0, tiles - 1), (before + 1).clip(0, tiles - 1), place - before
    corners = [[tables[row[:, None], column[None], channel] for column in (low, high)] for row in (low, high)]
    upper, lower = (left * (1 - weight) + right * weight for left, right in corners)
    mapped: NDArray[np.float64] = upper * (1 - weight[:, None]) + lower * weight[:, None]
    return mapped


@pytest.mark.parametrize(("side_px", "tiles", "clip_limit"), [(224, 8, 1.35), (224, 8, 2.0), (160, 8, 1.35), (96, 4, 3.5)])
def test_every_pixel_is_as_by_the_book(side_px: int, tiles: int, clip_limit: float) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (side_px, side_px), dtype=np.uint8)
    channels = np.stack(
        [*grey(pictures.synthetic(side_px)), hot_pixel(side_px), two_halves(side_px), noise, noise // 64 * 64]
    )
    ours = Clahe(side_px, tiles=tiles, clip_limit=clip_limit)(torch.from_numpy(channels).float()).numpy()
    for one, channel in zip(ours, channels, strict=True):
        assert np.abs(one - by_the_book(channel, tiles, clip_limit)).max() < 1e-3


def test_other_settings_are_opencv_s_too() -> None:
    channel = grey(pictures.synthetic(96))[2]
    ours = Clahe(96, tiles=4, clip_limit=3.5)(torch.from_numpy(channel)[None].float())[0].round().numpy()
    assert np.abs(ours - cv2.createCLAHE(3.5, (4, 4)).apply(channel).astype(np.float32)).max() <= 1


def test_a_batch_changes_nothing() -> None:
    channels = torch.from_numpy(grey(pictures.synthetic(160))).float()
    clahe = Clahe(160)
    together = clahe(channels)
    assert together.dtype == torch.float32 and together.min() >= 0 and together.max() <= 255
    assert torch.equal(torch.cat([clahe(channels[i : i + 1]) for i in range(len(channels))]), together)
    assert torch.equal(clahe(channels[:, None]), together[:, None])


def test_a_side_that_tiles_do_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 8 tiles, got 100"):
        Clahe(100)
