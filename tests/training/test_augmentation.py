"""Augmented photos stay photos, augmentation is repeatable, and does nothing where it is switched off."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from skinedge.preprocess.pipeline import halve
from skinedge.training.augmentation import augment, resample
from skinedge.training.recipe import Augmentation

OFF = Augmentation(
    flip_probability=0, rotation_degrees=0, scale_low=1, scale_high=1, shift=0, brightness=0, contrast=0, saturation=0,
    cast=0, noise=0,
)  # fmt: skip
STRONG = Augmentation(rotation_degrees=180, scale_low=0.5, scale_high=1.5, shift=0.3, brightness=0.9, cast=0.5, noise=30)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def photos(batch: int = 3, side_px: int = 64) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (batch, 3, side_px, side_px), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("side_px", [64, 448])
def test_resampling_to_half_is_what_the_exported_program_does(side_px: int) -> None:
    rgb = photos(2, side_px)
    assert torch.equal(resample(rgb, side_px // 2), halve(rgb.float()))


def test_an_identity_transform_is_the_same_but_for_rounding() -> None:
    rgb = photos(2, 448)
    identity = torch.eye(2, 3).expand(2, 2, 3)
    difference = resample(rgb, 224, identity) - halve(rgb.float())
    assert difference.abs().max() < 0.02


def test_resampling_to_another_side_keeps_flat_colours_and_the_upright() -> None:
    rgb = torch.tensor([200, 30, 90], dtype=torch.uint8).reshape(1, 3, 1, 1).expand(1, 3, 64, 64)
    small = resample(rgb, 20)
    assert small.shape == (1, 3, 20, 20) and small.dtype == torch.float32
    assert torch.allclose(small, rgb[:, :, :20, :20].float())
    marked = torch.zeros(1, 3, 64, 64)
    marked[:, :, :32, 32:] = 200
    small = resample(marked, 20)
    assert small[0, 0, 2, 17] > 150 > 50 > small[0, 0, 17, 2]


@pytest.mark.parametrize("settings", [Augmentation(), STRONG, OFF])
@pytest.mark.parametrize("side_px", [32, 20])
def test_pixels_stay_in_range(settings: Augmentation, side_px: int) -> None:
    torch.manual_seed(0)
    changed = augment(photos(), side_px, settings)
    assert changed.shape == (3, 3, side_px, side_px) and changed.dtype == torch.float32
    assert changed.isfinite().all() and changed.min() >= 0 and changed.max() <= 255


def test_the_seed_decides_everything() -> None:
    def augmented(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return augment(photos(), 32, STRONG)

    assert torch.equal(augmented(4), augmented(4))
    assert not torch.equal(augmented(4), augmented(5))


def test_photos_of_a_batch_change_differently() -> None:
    torch.manual_seed(0)
    same = photos(1).expand(4, 3, 64, 64)
    changed = augment(same, 32, STRONG.model_copy(update={"noise": 0.0}))
    assert all(not torch.allclose(changed[0], other, atol=1) for other in changed[1:])


def test_switched_off_is_the_identity() -> None:
    torch.manual_seed(0)
    assert torch.allclose(augment(photos(), 32, OFF), halve(photos().float()), atol=0.01)


def test_a_certain_flip_is_a_flip_both_ways() -> None:
    flipped = augment(photos(), 32, OFF.model_copy(update={"flip_probability": 1.0}))
    assert torch.allclose(flipped, halve(photos().float()).flip(2, 3), atol=0.01)


def test_each_strength_changes_what_it_names() -> None:
    torch.manual_seed(0)
    rgb = photos() // 2 + 60
    plain = halve(rgb.float())

    def ratio(**strength: float) -> Tensor:
        """Spread of the pixels, with the change, over that without."""
        return augment(rgb, 32, OFF.model_copy(update=strength)) / plain

    brightness = ratio(brightness=0.2)
    assert brightness.std(dim=(1, 2, 3)).max() < 1e-3 and brightness.min() >= 0.8 and brightness.max() <= 1.2
    assert brightness.mean(dim=(1, 2, 3)).std() > 0.01
    cast = ratio(cast=0.1)
    assert cast.std(dim=(2, 3)).max() < 1e-3 and cast.min() >= 0.9 and cast.max() <= 1.1
    assert cast.mean(dim=(2, 3)).std(dim=1).min() > 1e-3
    contrast, saturation = ratio(contrast=0.2) * plain, ratio(saturation=0.2) * plain
    assert torch.allclose(contrast.mean(dim=(1, 2, 3)), plain.mean(dim=(1, 2, 3)), atol=0.01)
    assert not torch.allclose(contrast.std(dim=(1, 2, 3)), plain.std(dim=(1, 2, 3)), atol=0.1)
    assert torch.allclose(saturation.mean(dim=1), plain.mean(dim=1), atol=0.02)
    assert (saturation - plain).abs().max() > 1
    assert (ratio(noise=5.0) * plain - plain).std() == pytest.approx(5, rel=0.1)
