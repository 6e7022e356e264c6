"""Shades of gray against its formula, in double precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from skinedge.preprocess.color_constancy import GAIN_STEPS, ShadesOfGray
from tests.preprocess import pictures

SIDE_PX = 224


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def norms(pixels: NDArray[np.floating] | pictures.Pixels) -> NDArray[np.float64]:
    """(B, S, S, 3) levels to the (B, 3) Minkowski 6-norms of the channels, 0..1."""
    found: NDArray[np.float64] = ((pixels.astype(np.float64) / 255) ** 6).mean(axis=(1, 2)) ** (1 / 6)
    return found


def formula(pixels: pictures.Pixels) -> NDArray[np.float64]:
    """Finlayson and Trezzi's correction, with the illuminant scaled to a mean square of one."""
    illuminant = norms(pixels)
    illuminant /= np.sqrt((illuminant**2).mean(axis=1, keepdims=True))
    return np.clip(np.round(pixels / illuminant[:, None, None]), 0, 255)


def with_cast(pixels: pictures.Pixels) -> pictures.Pixels:
    """The pictures darkened, so that nothing reaches white, under a reddish, a bluish and a greenish light."""
    lights = np.array([[0.8, 0.6, 0.5], [0.5, 0.55, 0.75], [0.5, 0.8, 0.55]])
    return np.concatenate([(pixels * light).astype(np.uint8) for light in lights])


def corrected(pixels: pictures.Pixels) -> NDArray[np.float64]:
    return pictures.pixels_of(ShadesOfGray()(pictures.planes(pixels)))


def assert_like_formula(pixels: pictures.Pixels) -> None:
    """Within a level: gains are rounded to 1 / 1024, so that some pixels fall on the other side of a half."""
    assert 255 / (2 * GAIN_STEPS) < 0.5
    difference = np.abs(corrected(pixels) - formula(pixels))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.1


def test_synthetic_lesions_follow_the_formula() -> None:
    pixels = pictures.synthetic(SIDE_PX)
    assert_like_formula(pixels)
    assert_like_formula(with_cast(pixels))


def test_real_photos_follow_the_formula(real_data: Path) -> None:
    assert_like_formula(pictures.real(real_data, SIDE_PX))


def test_afterwards_the_light_is_grey_and_as_bright_as_before() -> None:
    pixels = with_cast(pictures.synthetic(SIDE_PX))
    before, after = norms(pixels), norms(corrected(pixels))
    assert (before.max(axis=1) / before.min(axis=1)).min() > 1.05
    assert (after.max(axis=1) / after.min(axis=1)).max() < 1.01
    assert np.allclose((after**2).mean(axis=1), (before**2).mean(axis=1), rtol=0.01)


def test_the_light_hardly_matters() -> None:
    pixels = pictures.synthetic(SIDE_PX)
    lights = corrected(with_cast(pixels)).reshape(3, len(pixels), -1)
    lights /= lights.mean(axis=2, keepdims=True)
    # Rounding of dark levels is all that stays.
    assert np.abs(lights[0] - lights[1:]).mean() < 0.01


def test_a_grey_picture_is_left_alone() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (4, SIDE_PX, SIDE_PX, 1), dtype=np.uint8).repeat(3, axis=3)
    assert (corrected(levels) == levels).all()


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (1, 1, 1), (255, 0, 0), (0, 0, 1), (0, 3, 255)])
def test_flat_colours_stay_in_range(colour: tuple[int, int, int]) -> None:
    pixels = np.full((1, 32, 32, 3), colour, np.uint8)
    out = corrected(pixels)
    assert np.isfinite(out).all() and out.min() >= 0 and out.max() <= 255
    if len(set(colour)) == 1:
        assert (out == pixels).all()


def test_one_hot_pixel_does_not_upset_the_others() -> None:
    pixels = np.full((1, SIDE_PX, SIDE_PX, 3), (150, 120, 110), np.uint8)
    plain = corrected(pixels)
    pixels[0, 5, 5] = 255
    out = corrected(pixels)
    out[0, 5, 5] = plain[0, 5, 5]
    assert np.abs(out - plain).max() <= 1


def test_levels_are_whole_and_a_batch_changes_nothing() -> None:
    rgb = pictures.planes(with_cast(pictures.synthetic(SIDE_PX)))
    together = ShadesOfGray()(rgb)
    assert torch.equal(together, together.round())
    assert torch.equal(torch.cat([ShadesOfGray()(rgb[i : i + 1]) for i in range(len(rgb))]), together)
