"""The preprocessing as a whole: against OpenCV, in any batch, and exported."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinedge.models.backbones import IMAGENET_MEAN, IMAGENET_STD
from skinedge.preprocess.pipeline import CLIP_LIMIT, Enhance, Normalize, halve
from tests.preprocess import pictures

SIDE_PX = 224


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def enhance() -> Enhance:
    return Enhance(SIDE_PX)


def luma(even: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(S, S, 3) to (S, S), with the weights of `LUMA` but in whole numbers, half to even."""
    total = even.astype(np.int64) @ np.array([77, 150, 29])
    low, rest = total // 256, total % 256
    rounded: NDArray[np.uint8] = (low + ((rest > 128) | ((rest == 128) & (low % 2 == 1)))).astype(np.uint8)
    return rounded


def by_opencv(even: NDArray[np.uint8], y: NDArray[np.uint8] | None = None) -> NDArray[np.float64]:
    """(S, S, 3) to the same: YCrCb, CLAHE on Y, and back. `y` is put in the place of OpenCV's Y."""
    ycrcb = cv2.cvtColor(even, cv2.COLOR_RGB2YCrCb)
    ycrcb[..., 0] = cv2.createCLAHE(CLIP_LIMIT, (8, 8)).apply(np.ascontiguousarray(ycrcb[..., 0] if y is None else y))
    back: NDArray[np.float64] = cv2.cvtColor(ycrcb, cv2.COLOR_YCrCb2RGB).astype(np.float64)
    return back


def assert_like_opencv(enhance: Enhance, pixels: pictures.Pixels) -> None:
    rgb = pictures.planes(pixels)
    ours = pictures.pixels_of(enhance(rgb))
    evens = pictures.pixels_of(enhance.constancy(rgb)).astype(np.uint8)
    clahe = cv2.createCLAHE(CLIP_LIMIT, (8, 8))
    for one, even in zip(ours, evens, strict=True):
        # The change of Y added to R, G and B: exact but for OpenCV's rounding of Y to a whole level (ties: one more).
        y = luma(even)
        change = clahe.apply(y).astype(np.float64) - y
        difference = np.abs(one - np.clip(even + change[..., None], 0, 255))
        assert difference.max() < 1.51 and difference.mean() < 0.3
        # There and back through OpenCV's YCrCb, with its three roundings.
        difference = np.abs(one - by_opencv(even, y))
        assert difference.max() < 6 and difference.mean() < 0.7
        # OpenCV's own Y differs by a level in 1 % of the pixels. Its rule for the residual of a clipped histogram jumps
        # by up to 20 levels on one count more, so that a tile here and there looks otherwise.
        difference = np.abs(one - by_opencv(even))
        assert difference.mean() < 1
        assert (difference < 3).mean() > 0.95


def test_synthetic_lesions_look_as_by_opencv(enhance: Enhance) -> None:
    assert_like_opencv(enhance, pictures.synthetic(SIDE_PX))


def test_real_photos_look_as_by_opencv(enhance: Enhance, real_data: Path) -> None:
    assert_like_opencv(enhance, pictures.real(real_data, SIDE_PX))


def test_a_batch_changes_nothing(enhance: Enhance) -> None:
    rgb = pictures.planes(pictures.synthetic(SIDE_PX))
    together = enhance(rgb)
    assert torch.equal(torch.cat([enhance(rgb[i : i + 1]) for i in range(len(rgb))]), together)
    assert torch.equal(enhance(rgb.flip(0)).flip(0), together)


def test_rows_and_columns_are_treated_alike(enhance: Enhance) -> None:
    rgb = pictures.planes(pictures.synthetic(SIDE_PX))
    transposed = enhance(rgb.transpose(2, 3).contiguous()).transpose(2, 3)
    assert (transposed - enhance(rgb)).abs().max() < 1e-3


def test_quarter_levels_and_flat_colours_stay_in_range(enhance: Enhance) -> None:
    halved = halve(pictures.planes(pictures.synthetic(2 * SIDE_PX)))
    assert (halved % 1 != 0).any()
    flat = [torch.full((1, 3, SIDE_PX, SIDE_PX), float(level)) for level in (0, 1, 128, 255)]
    hot = flat[2].clone()
    hot[0, :, 7, 9] = 255
    for rgb in (halved, *flat, hot):
        out = enhance(rgb)
        assert out.shape == rgb.shape and out.dtype == torch.float32
        assert out.isfinite().all() and out.min() >= 0 and out.max() <= 255


def test_local_contrast_rises(enhance: Enhance) -> None:
    rgb = pictures.planes(pictures.synthetic(SIDE_PX))
    before, after = (picture.diff(dim=3).abs().mean(dim=(1, 2, 3)) for picture in (rgb, enhance(rgb)))
    assert (after > 1.1 * before).all()


def test_the_exported_program_gives_the_same_numbers(enhance: Enhance) -> None:
    rgb = pictures.planes(pictures.synthetic(SIDE_PX))
    program = torch.export.export(enhance, (rgb[:1],)).module()
    for i in range(3):
        assert torch.equal(program(rgb[i : i + 1]), enhance(rgb[i : i + 1]))


def test_halving_averages_two_by_two() -> None:
    rgb = torch.arange(2 * 3 * 4 * 6).reshape(2, 3, 4, 6).float()
    expected = (rgb[..., ::2, ::2] + rgb[..., 1::2, ::2] + rgb[..., ::2, 1::2] + rgb[..., 1::2, 1::2]) / 4
    assert torch.equal(halve(rgb), expected)


def test_normalizing_is_by_mean_and_deviation_of_each_channel() -> None:
    normalize = Normalize(IMAGENET_MEAN, IMAGENET_STD)

    def value(level: float) -> Tensor:
        normalized: Tensor = normalize(torch.full((1, 3, 2, 2), level))
        return normalized[0, :, 0, 0]

    assert torch.allclose(value(0), torch.tensor([-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225]))
    assert torch.allclose(value(255), torch.tensor([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225]))
