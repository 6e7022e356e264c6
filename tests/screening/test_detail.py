"""Measures of detail: what blur, shaking, compression and patterns change, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.degradations import blurred, compressed, draw_thing, shaken
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.preprocess.photo import square
from skinedge.screening import detail, photo_check, scene
from skinedge.screening.photo_check import check_photo

Pixels = NDArray[np.uint8]
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def brightness(pixels: Pixels) -> NDArray[np.float32]:
    grey: NDArray[np.float32] = pixels.astype(np.float32) @ GREY
    return grey


@pytest.fixture(scope="module")
def lesion() -> Pixels:
    """At 300 x 300, as the real photos are."""
    return draw_lesion(np.random.default_rng(1), "MEL", 300, skin_type=3)


def test_noise_does_not_hide_blur(lesion: Pixels) -> None:
    soft = square(Image.fromarray(blurred(3)(lesion)), 448)
    noise = np.random.default_rng(0).normal(0, 2, (448, 448, 1))
    noisy = np.clip(soft + noise, 0, 255).astype(np.uint8)
    assert detail.laplacian_variance(brightness(noisy)) > photo_check.BLURRED_BELOW
    assert check_photo(noisy).advice == ("blurred",)


def test_shaking_takes_detail_in_one_direction(lesion: Pixels) -> None:
    photos = (lesion, shaken(8, 0)(lesion), shaken(12, 45)(lesion))
    sharp, across, aslant = (detail.direction(detail.half(brightness(photo))) for photo in photos)
    assert sharp < 2 and across > photo_check.SHAKEN_ABOVE and aslant > photo_check.SHAKEN_ABOVE
    assert detail.direction(np.full((20, 20), 7, np.float32)) == 1


def test_compression_leaves_tiles_without_detail(lesion: Pixels) -> None:
    assert detail.flat_share(brightness(lesion)) < 0.01
    worse = square(Image.fromarray(compressed(5)(lesion)), 448)
    assert detail.flat_share(brightness(worse)) > photo_check.COMPRESSED_ABOVE
    assert {"blurred", "compressed"} & set(check_photo(worse).advice)


def test_a_slightly_blurred_photo_is_soft_and_gets_no_warning(lesion: Pixels) -> None:
    found = check_photo(square(Image.fromarray(blurred(1)(lesion)), 448))
    assert found.advice == () and found.soft and not check_photo(square(Image.fromarray(lesion), 448)).soft


def test_patterns_are_ordered_wherever_they_point_and_lesions_are_not(lesion: Pixels) -> None:
    wood = draw_thing("wood", 600)
    turned = np.asarray(Image.fromarray(wood).rotate(33, Image.Resampling.BILINEAR).crop((120, 120, 480, 480)))
    orders = [detail.order(detail.half(detail.half(brightness(photo))))[0] for photo in (lesion, wood, turned)]
    assert orders[0] < 0.15 < scene.ORDERED_ABOVE < min(orders[1:])


def test_rows_and_columns_explain_cloth_and_not_light_or_lesions(lesion: Pixels) -> None:
    light = np.linspace(120, 180, 448)[:, None] * np.linspace(0.8, 1.1, 448)
    grain = np.random.default_rng(0).normal(0, 3, (448, 448))
    slope = np.clip(light + grain, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    shares = [scene.woven_share(scene.cells(photo)) for photo in (lesion, slope, draw_thing("cloth", 448))]
    assert max(shares[:2]) < 0.6 < scene.WOVEN_ABOVE < shares[2]


def test_halves_are_means() -> None:
    values = np.arange(35, dtype=np.float32).reshape(5, 7)
    assert detail.half(values).tolist() == [[4, 6, 8], [18, 20, 22]]
