"""Only photos that show nothing are refused; all else is a warning."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from benchmarks.photo_thresholds import measure
from skinedge.screening import scene
from skinedge.screening.detail import laplacian_variance
from skinedge.screening.photo_check import BLURRED_BELOW, check_photo
from tests import fakes

SIDE_PX = 448
Pixels = NDArray[np.uint8]


def noisy(level: float, noise: float = 2) -> Pixels:
    """A photo of nothing at all, with a sensor's noise."""
    grain = np.random.default_rng(3).normal(level, noise, (SIDE_PX, SIDE_PX, 3))
    return np.clip(grain, 0, 255).astype(np.uint8)


def scaled(pixels: Pixels, factor: float, offset: float = 0) -> Pixels:
    changed: Pixels = np.clip(pixels * factor + offset, 0, 255).astype(np.uint8)
    return changed


@pytest.fixture(scope="module")
def lesion() -> Pixels:
    return fakes.lesion_pixels(SIDE_PX)


def test_a_good_photo_passes_without_advice(lesion: Pixels) -> None:
    check = check_photo(lesion)
    assert check.unusable is None and check.advice == ()


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (noisy(0, 5), "almost_black"),
        (noisy(253), "almost_white"),
        (noisy(120), "one_colour"),
        (np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8), "almost_black"),
        (np.full((SIDE_PX, SIDE_PX, 3), (150, 40, 30), np.uint8), "one_colour"),
    ],
)
def test_a_photo_of_nothing_must_be_taken_again(pixels: Pixels, says: str) -> None:
    check = check_photo(pixels)
    assert check.unusable == says
    assert check.advice == ()


def test_stray_pixels_do_not_make_a_photo(lesion: Pixels) -> None:
    pixels = noisy(0, 3)
    pixels[:20, :20] = 255
    assert check_photo(pixels).unusable is not None


def test_a_lesion_of_another_hue_at_the_same_brightness_is_something() -> None:
    pixels = np.full((SIDE_PX, SIDE_PX, 3), (150, 100, 100), np.uint8)
    pixels[100:200, 100:200] = (100, 126, 98)
    assert check_photo(pixels).unusable is None


def test_blur_dark_and_glare_are_warnings(lesion: Pixels) -> None:
    blurred = np.asarray(Image.fromarray(lesion).filter(ImageFilter.GaussianBlur(4)))
    assert laplacian_variance(blurred.mean(2, dtype=np.float32)) < BLURRED_BELOW
    glare = lesion.copy()
    glare[50:150, 50:150] = 255
    for pixels, says in ((blurred, "blurred"), (scaled(lesion, 0.35), "dark"), (glare, "glare")):
        check = check_photo(pixels)
        assert check.unusable is None
        assert check.advice == (says,)


def test_dark_skin_in_good_light_is_no_dark_photo(lesion: Pixels) -> None:
    dark_skin = scaled(lesion, 0.4)
    dark_skin[::5, ::5] = 150  # Highlights, as light gives on any skin.
    assert check_photo(dark_skin).advice == ()


@pytest.mark.parametrize("blur_px", [0, 1, 4])
def test_the_plain_installs_measures_are_opencvs(lesion: Pixels, blur_px: float) -> None:
    """Thresholds are tuned with OpenCV, and phones and the plain install have twins of it in numpy."""
    pixels = np.asarray(Image.fromarray(lesion).filter(ImageFilter.GaussianBlur(blur_px)))
    found = measure(pixels)
    brightness = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    assert laplacian_variance(brightness) == pytest.approx(found["sharpness"], rel=1e-4)
    assert np.percentile(brightness, 99) == pytest.approx(found["highlights"], rel=1e-4)
    means = cv2.resize(pixels.astype(np.float32), (scene.CELLS, scene.CELLS), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(scene.cells(pixels), means, rtol=1e-5)
    assert scene.skin_share(scene.cells(pixels)) == found["skin_share"]
