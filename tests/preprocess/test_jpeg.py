"""JPEG files: the pixels of Pillow, to the bit, and not one file with a hole."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from skinedge.contract import ImageSpec
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.errors import PhotoError
from skinedge.preprocess.jpeg import decode_jpeg
from skinedge.preprocess.photo import PhotoBytes, PhotoPixels, load_photo

SPEC = ImageSpec()
RANDOM = np.random.default_rng(5)


@cache
def lesion(width: int, height: int) -> Image.Image:
    synthetic = draw_lesion(np.random.default_rng(width), "NEV", 500, skin_type=2)
    return Image.fromarray(synthetic).resize((width, height), Image.Resampling.BICUBIC)


def as_jpeg(image: Image.Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


PHOTO = as_jpeg(lesion(700, 620), quality=90)
START = PHOTO.index(b"\xff\xda") + 14


@pytest.mark.parametrize(("subsampling", "progressive"), [(0, False), (1, False), (2, False), (2, True)])
@pytest.mark.parametrize("side_px", [300, 451, 1791, 1793, 3601])
def test_the_pixels_are_those_of_pillow(side_px: int, progressive: bool, subsampling: int) -> None:
    """Whole and, from 1,792 px on, reduced to a half and a quarter as they are decoded."""
    data = as_jpeg(lesion(side_px, side_px + 37), quality=88, subsampling=subsampling, progressive=progressive)
    pillow = Image.open(io.BytesIO(data))
    size = pillow.size
    pillow.draft("RGB", (896, 896))
    np.testing.assert_array_equal(np.asarray(decode_jpeg(data, *size, 896)), np.asarray(pillow))


@pytest.mark.parametrize("orientation", range(9))
def test_turned_photos_are_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = as_jpeg(lesion(320, 420), exif=exif)
    np.testing.assert_array_equal(
        load_photo(PhotoBytes(data), SPEC), load_photo(PhotoPixels(Image.open(io.BytesIO(data))), SPEC)
    )


def holed(size: int) -> bytes:
    at = int(RANDOM.integers(START, len(PHOTO) - size - 2))
    return PHOTO[:at] + bytes(size) + PHOTO[at + size :]


def shorter(size: int) -> bytes:
    at = int(RANDOM.integers(START, len(PHOTO) - size - 2))
    return PHOTO[:at] + PHOTO[at + size :]


def cut(end: bytes) -> bytes:
    return PHOTO[: int(RANDOM.integers(START, len(PHOTO) - 40))] + end


DAMAGE = {
    "hole of a page": lambda: holed(4096),
    "hole of a sector": lambda: holed(512),
    "page missing": lambda: shorter(4096),
    "sector missing": lambda: shorter(512),
    "cut short": lambda: cut(b""),
    "cut short, with an end": lambda: cut(b"\xff\xd9"),
    "cut short, zeros after": lambda: cut(bytes(5000)),
    "zeros for the last pixels": lambda: (lambda size: PHOTO[: -2 - size] + bytes(size) + PHOTO[-2:])(
        int(RANDOM.integers(20, 900))
    ),
    "without its end": lambda: PHOTO[:-2],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_photo_is_refused(kind: str) -> None:
    for _ in range(20):
        with pytest.raises(PhotoError, match=r"^the photo is damaged or cut short: copy it again") as error:
            load_photo(PhotoBytes(DAMAGE[kind]()), SPEC)
        assert error.value.code == "damaged"


def test_what_cameras_write_besides_is_no_damage() -> None:
    whole = load_photo(PhotoBytes(PHOTO), SPEC)
    thumbnail = b"\xff\xe1\x40\x00Exif\0\0" + as_jpeg(lesion(160, 120))
    thumbnail = thumbnail.ljust(0x4002, b"\0")
    padded = PHOTO[:-2] + bytes(500) + PHOTO[-2:]
    for data in (
        PHOTO + b"\0" * 3000,
        PHOTO + PHOTO,
        PHOTO[:2] + thumbnail + PHOTO[2:],
        PHOTO[:2] + thumbnail + padded[2:],
        PHOTO[:-2] + b"\xff\xff\xff\xd9",
    ):
        np.testing.assert_array_equal(load_photo(PhotoBytes(data), SPEC), whole)


def test_pixels_may_end_in_a_zero() -> None:
    """One photo in two hundred does, and the zero is no padding."""
    found = (as_jpeg(Image.fromarray(RANDOM.integers(0, 255, (104, 104, 3), dtype=np.uint8))) for _ in range(5000))
    data = next(data for data in found if data.endswith(b"\0\xff\xd9") and data[-4] != 0xFF)
    np.testing.assert_array_equal(decode_jpeg(data, 104, 104, 896), Image.open(io.BytesIO(data)))
    padded = data[:-2] + bytes(8) + data[-2:]
    np.testing.assert_array_equal(decode_jpeg(padded, 104, 104, 896), Image.open(io.BytesIO(data)))


def test_no_real_photo_is_called_damaged(real_data: Path) -> None:
    for path in sorted((real_data / "images").glob("*.jpg")):
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as image:
            size = image.size
        decode_jpeg(data, *size, 32)
