"""Guesses at skin and at the size of a lesion, on synthetic skin of every type; on real photos, how often they are wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.drivers.photo_advice import EVERYONE, count
from skinedge.contract import ImageSpec
from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.preprocess.photo import load_photo
from skinedge.screening.photo_check import check_photo
from skinedge.screening.scene import CELLS, cells, clear_lesion_share, skin_share

SIDE_PX = 448
Pixels = NDArray[np.uint8]


def thing(colour: tuple[int, int, int]) -> Pixels:
    """A photo of cloth or grass: one colour, with the shades of a rough surface."""
    rng = np.random.default_rng(5)
    shade = np.kron(rng.normal(1, 0.15, (28, 28, 1)), np.ones((16, 16, 1)))
    pixels: Pixels = np.clip(np.array(colour) * shade + rng.normal(0, 4, (SIDE_PX, SIDE_PX, 3)), 0, 255).astype(np.uint8)
    return pixels


def lesion_on_skin(width_px: int, skin: tuple[int, int, int] = (206, 156, 124)) -> Pixels:
    pixels = np.clip(np.array(skin) + np.random.default_rng(6).normal(0, 3, (SIDE_PX, SIDE_PX, 3)), 0, 255)
    low = (SIDE_PX - width_px) // 2
    pixels[low : low + width_px, low : low + width_px] *= 0.5
    return pixels.astype(np.uint8)


@pytest.mark.parametrize("skin_type", [1, 2, 3, 4, 5, 6])
def test_skin_of_every_type_is_skin(skin_type: int) -> None:
    for seed, label in enumerate(("NEV", "MEL", "BCC", "SCC")):
        synthetic = draw_lesion(np.random.default_rng(seed), label, SIDE_PX, skin_type=skin_type)
        assert skin_share(cells(synthetic)) > 0.8
        assert not {"no_skin", "tiny_lesion"} & set(check_photo(synthetic).advice)


@pytest.mark.parametrize("colour", [(90, 120, 60), (50, 70, 130), (150, 185, 225), (40, 110, 90), (210, 30, 40)])
def test_grass_sky_and_cloth_are_no_skin(colour: tuple[int, int, int]) -> None:
    check = check_photo(thing(colour))
    assert check.unusable is None and "no_skin" in check.advice and "tiny_lesion" not in check.advice


def test_light_does_not_make_or_take_skin() -> None:
    dark = cells(draw_lesion(np.random.default_rng(2), "NEV", SIDE_PX, skin_type=6))
    assert skin_share(dark * 0.3) == skin_share(dark)


@pytest.mark.parametrize("skin", [(232, 194, 174), (206, 156, 124), (90, 62, 50)])
def test_a_lesion_is_measured_and_only_a_tiny_one_gets_advice(skin: tuple[int, int, int]) -> None:
    for width_px in (32, 64, 160):
        share = clear_lesion_share(cells(lesion_on_skin(width_px, skin)))
        assert share == pytest.approx((width_px / SIDE_PX) ** 2, rel=0.5)
    assert "tiny_lesion" in check_photo(lesion_on_skin(32, skin)).advice
    assert "tiny_lesion" not in check_photo(lesion_on_skin(64, skin)).advice


def test_skin_with_nothing_clear_on_it_has_no_size() -> None:
    assert clear_lesion_share(cells(lesion_on_skin(0))) is None


def test_cells_are_means() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE_PX + 3, SIDE_PX + 3, 3)).astype(np.uint8)
    means = cells(pixels)
    assert means.shape == (CELLS, CELLS, 3)
    np.testing.assert_allclose(means[3, 5], pixels[24:32, 40:48].mean((0, 1)), rtol=1e-5)


def test_few_real_photos_are_asked_for_again(real_data: Path) -> None:
    """Of all photos one in twenty, see docs/photo_advice.md; of the quarter that there is time for, at most one in 14."""
    photos, given = count(read_pad_ufes_20(real_data).with_photos()[::4])
    assert given[EVERYONE, "unusable"] == 0
    assert given[EVERYONE, "again"] <= photos[EVERYONE] / 14, given
    assert given["type 4", "again"] <= max(1, photos["type 4"] / 14), given


def test_a_smaller_picture_of_a_real_lesion_gets_advice_more_often(real_data: Path) -> None:
    """The photo a quarter as large, on the median colour of its own edge."""
    advised = Counter[bool]()
    for record in read_pad_ufes_20(real_data).with_photos()[::20]:
        assert record.photo is not None
        pixels = load_photo(record.photo, ImageSpec())
        edge = np.concatenate([pixels[:48].reshape(-1, 3), pixels[-48:].reshape(-1, 3)])
        far = edge[np.random.default_rng(0).integers(0, len(edge), (SIDE_PX, SIDE_PX))]
        low, quarter = SIDE_PX * 3 // 8, SIDE_PX // 4
        far[low : low + quarter, low : low + quarter] = np.asarray(Image.fromarray(pixels).resize((quarter, quarter)))
        advised[False] += "tiny_lesion" in check_photo(pixels).advice
        advised[True] += "tiny_lesion" in check_photo(far).advice
    assert advised[True] > 3 * max(advised[False], 1), advised
