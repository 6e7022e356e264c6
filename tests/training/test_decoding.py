"""What OpenCV decodes for training is what the gate for pixels decodes for phones, bit by bit."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from skinedge.contract import ImageSpec
from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.errors import PhotoError
from skinedge.preprocess.photo import PhotoBytes, decode_with_pillow, load_photo
from skinedge.training import decoding
from skinedge.training.decoding import decode_with_opencv

SPEC = ImageSpec()


def lesion(width: int, height: int) -> Image.Image:
    synthetic = draw_lesion(np.random.default_rng(width), "NEV", 500, skin_type=2)
    return Image.fromarray(synthetic).resize((width, height), Image.Resampling.BICUBIC)


def as_file(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def fallen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Formats of the photos that were left to Pillow."""
    formats: list[str] = []

    def noted(image: ImageFile.ImageFile) -> Image.Image:
        formats.append(str(image.format))
        return decode_with_pillow(image)

    monkeypatch.setattr(decoding, "decode_with_pillow", noted)
    return formats


def same(data: bytes) -> None:
    photo = PhotoBytes(data)
    np.testing.assert_array_equal(load_photo(photo, SPEC, decode=decode_with_opencv), load_photo(photo, SPEC))


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("side_px", [300, 451, 1791, 1793, 3601])
def test_jpegs_have_the_gates_pixels(side_px: int, progressive: bool, subsampling: int, fallen: list[str]) -> None:
    """Whole and, from 1,792 px on, reduced to a half and a quarter as they are decoded."""
    same(as_file(lesion(side_px, side_px + 37), quality=88, subsampling=subsampling, progressive=progressive))
    assert not fallen


@pytest.mark.parametrize("orientation", range(9))
def test_turned_jpegs_are_upright_in_the_same_way(orientation: int, fallen: list[str]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    same(as_file(lesion(320, 420), exif=exif))
    assert not fallen


def test_a_jpeg_that_lacks_its_end_is_refused_in_the_same_words(tmp_path: Path) -> None:
    whole = as_file(lesion(320, 420))
    for size in (len(whole) - 1, len(whole) // 2, 700):
        messages = []
        for decode in (decode_with_pillow, decode_with_opencv):
            with pytest.raises(PhotoError) as caught:
                load_photo(PhotoBytes(whole[:size]), SPEC, decode=decode)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]


def test_damage_that_libjpeg_lives_with_gives_the_same_pixels() -> None:
    whole = as_file(lesion(320, 420))
    for place in np.random.default_rng(0).integers(len(whole) // 4, len(whole) - 2, 20):
        same(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])


def test_pngs_are_left_to_pillow(fallen: list[str]) -> None:
    same(as_file(lesion(320, 420), "PNG"))
    assert fallen == ["PNG"]


def test_real_photos_have_the_gates_pixels(real_data: Path, fallen: list[str]) -> None:
    for record in read_pad_ufes_20(real_data).with_photos()[::16]:
        assert record.photo is not None
        with record.photo.open() as stream:
            same(stream.read())
    assert not fallen
