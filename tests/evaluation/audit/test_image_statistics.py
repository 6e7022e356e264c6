"""What is read off a photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.evaluation.audit.hair import hair_share
from skinedge.evaluation.audit.image_statistics import (
    image_statistics,
    laplacian_variance,
    perceptual_hash,
    photo_statistics,
)
from skinedge.evaluation.audit.ink import ink_mask, ink_share
from skinedge.evaluation.audit.shortcuts import HAIR, HAIRY_ABOVE, MARKED_ABOVE, PEN, SHARPNESS, scenes_of_labels, shortcuts
from skinedge.evaluation.bootstrap import patient_weights
from skinedge.preprocess.photo import Pixels
from skinedge.questionnaire import LABELS, MALIGNANT


def lesion(seed: int = 0, label: str = "NEV", skin_type: float = 2) -> Pixels:
    return draw_lesion(np.random.default_rng(seed), label, 256, skin_type=skin_type)


def circled(pixels: Pixels, colour: tuple[int, int, int]) -> Pixels:
    image = Image.fromarray(pixels)
    side = image.width
    ImageDraw.Draw(image).ellipse((0.15 * side, 0.15 * side, 0.85 * side, 0.85 * side), outline=colour, width=side // 50)
    return np.asarray(image)


def inked(pixels: Pixels) -> float:
    return ink_share(ink_mask(pixels))


def haired(pixels: Pixels) -> float:
    return hair_share(np.asarray(Image.fromarray(pixels).convert("L")), ink_mask(pixels))


def with_hairs(pixels: Pixels, colour: tuple[int, int, int], count: int = 12, width: int = 2) -> Pixels:
    rng, image = np.random.default_rng(3), Image.fromarray(pixels)
    for _ in range(count):
        x, y, turned = rng.uniform(0, 200), rng.uniform(0, 200), rng.uniform(0, 1.5)
        end = (x + 70 * np.cos(turned), y + 70 * np.sin(turned))
        ImageDraw.Draw(image).line((x, y, *end), fill=colour, width=width)
    return np.asarray(image)


@pytest.mark.parametrize("colour", [(60, 60, 170), (110, 60, 160), (40, 130, 110)])
@pytest.mark.parametrize("skin_type", [1, 3])
def test_pen_round_a_lesion_is_ink(colour: tuple[int, int, int], skin_type: float) -> None:
    assert inked(lesion(skin_type=skin_type)) < MARKED_ABOVE < inked(circled(lesion(skin_type=skin_type), colour))


@pytest.mark.parametrize("cast", [(0.8, 0.9, 1.2), (1.1, 1.0, 0.8), (0.6, 0.6, 0.6)])
def test_a_cast_of_the_whole_photo_is_no_ink(cast: tuple[float, float, float]) -> None:
    for label in LABELS:
        lit = np.clip(lesion(4, label) * np.array(cast), 0, 255).astype(np.uint8)
        assert inked(lit) < MARKED_ABOVE


def test_a_brown_ring_is_no_ink() -> None:
    assert inked(circled(lesion(), (120, 70, 40))) < MARKED_ABOVE


def smooth(pixels: Pixels) -> Pixels:
    """Without the hairs that some synthetic lesions have."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(4)))


@pytest.mark.parametrize("skin_type", [1, 3, 5])
def test_dark_hairs_are_hair_and_count(skin_type: float) -> None:
    bare = smooth(lesion(skin_type=skin_type))
    few, many = (haired(with_hairs(bare, (25, 20, 18), count)) for count in (3, 12))
    assert haired(bare) == 0 < few < many
    # Lines of 70 px, 2 px wide; some leave the photo or cross.
    assert many == pytest.approx(12 * 70 * 2 / 256**2, rel=0.3)


def test_hairs_of_synthetic_lesions_are_found() -> None:
    assert haired(lesion()) > HAIRY_ABOVE / 2 and haired(lesion(4)) == 0


def test_what_is_no_hair() -> None:
    bare = smooth(lesion())
    assert haired(with_hairs(bare, (25, 20, 18), width=14)) < HAIRY_ABOVE / 5, "stripes"
    assert haired(circled(bare, (60, 60, 170))) == 0, "pen"
    assert haired(with_hairs(bare, (240, 235, 230))) < HAIRY_ABOVE / 5, "pale lines"


def test_a_blurred_photo_is_less_sharp() -> None:
    sharp = with_hairs(lesion(), (25, 20, 18))
    blurred = np.asarray(Image.fromarray(sharp).filter(ImageFilter.GaussianBlur(2)))
    assert laplacian_variance(blurred) < laplacian_variance(sharp) / 4


def test_the_hash_knows_a_copy_and_no_stranger() -> None:
    a, b = lesion(1), lesion(2)
    copy = np.asarray(Image.fromarray(a).resize((120, 120), Image.Resampling.BILINEAR))
    assert (perceptual_hash(a) != perceptual_hash(copy)).sum() <= 16
    assert (perceptual_hash(a) != perceptual_hash(b)).sum() > 48


def test_statistics_are_finite_even_of_a_flat_photo() -> None:
    for pixels in (lesion(), np.zeros((256, 256, 3), dtype=np.uint8)):
        found = photo_statistics(pixels)
        assert found.shape == (55,) and np.isfinite(found).all()


def test_planted_pen_and_size_are_found_as_shortcuts(own: Path) -> None:
    for record in read_pad_ufes_20(own).records:
        assert record.photo is not None
        if record.label in MALIGNANT:
            with Image.open(record.photo.path) as image:
                pixels = np.asarray(image.convert("RGB").resize((260, 260)))
            Image.fromarray(circled(pixels, (60, 60, 170))).save(record.photo.path, quality=92)
    records = read_pad_ufes_20(own).with_photos()
    statistics = image_statistics(records)
    weights = patient_weights(np.array([record.patient_id for record in records]), rounds=50, seed=0)
    found = {shortcut.name: shortcut for shortcut in shortcuts(records, statistics, weights)}
    assert (found[PEN].malignant_auc.value or 0) > 0.99
    assert found["megapixels of the file"].malignant_auc.value == 1
    assert not found["width / height of the file"].differs
    marked = {ink.label: ink.marked.share for ink in scenes_of_labels(records, statistics)}
    assert marked["BCC"] == 1 and (marked["ACK"] or 0) < 0.2


def test_planted_hair_and_blur_are_found_as_shortcuts(own: Path) -> None:
    for record in read_pad_ufes_20(own).records:
        assert record.photo is not None
        with Image.open(record.photo.path) as image:
            pixels = np.asarray(image.convert("RGB").resize((260, 260)))
        hairy = with_hairs(pixels, (25, 20, 18), 40) if record.label in MALIGNANT else pixels
        written = Image.fromarray(hairy)
        if record.label not in MALIGNANT:
            written = written.filter(ImageFilter.GaussianBlur(2))
        written.save(record.photo.path, quality=92)
    records = read_pad_ufes_20(own).with_photos()
    statistics = image_statistics(records)
    weights = patient_weights(np.array([record.patient_id for record in records]), rounds=50, seed=0)
    found = {shortcut.name: shortcut for shortcut in shortcuts(records, statistics, weights)}
    assert (found[HAIR].malignant_auc.value or 0) > 0.99 and (found[SHARPNESS].malignant_auc.value or 0) > 0.99
    scenes = {scene.label: scene for scene in scenes_of_labels(records, statistics)}
    assert scenes["BCC"].hairy.share == 1 and scenes["ACK"].hairy.share == 0
    assert (scenes["BCC"].median_sharpness or 0) > (scenes["ACK"].median_sharpness or 0)


def test_synthetic_lesions_have_no_pen(synthetic: Path) -> None:
    records = read_pad_ufes_20(synthetic).with_photos()
    statistics = image_statistics(records)
    assert (statistics.ink_share > MARKED_ABOVE).mean() < 0.1
    assert statistics.megapixels == pytest.approx(0.04)
