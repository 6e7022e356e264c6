"""Reads a photo as the square of raw pixels that a program takes, without torch; apps and browsers do the same."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from skinedge.contract import ImageSpec
from skinedge.errors import DataError, PhotoError

Pixels = NDArray[np.uint8]
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png")

Decoder = Callable[[ImageFile.ImageFile], Image.Image]
"""Decodes a file whose header Pillow has read, at the size it was drafted to. Raises: OSError where pixels are missing."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transposition that undoes each EXIF orientation except 1, which is upright."""

_MAXIMUM_BYTES = 256 << 20
"""No camera makes a larger file, and it is held in memory."""


@dataclass(frozen=True)
class PhotoBytes:
    """A photo in memory, for programs that must not write it to the disk."""

    data: bytes = field(repr=False)
    name: str = "the photo"

    def __str__(self) -> str:
        return self.name

    def open(self) -> ImageFile.ImageFile:
        return Image.open(io.BytesIO(self.data), formats=("JPEG", "PNG"))

    @property
    def sha256(self) -> str:
        """Of the bytes that are decoded."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class PhotoPixels:
    """A photo that somebody else has decoded."""

    image: Image.Image = field(repr=False)

    def __str__(self) -> str:
        return "the photo"

    def open(self) -> Image.Image:
        return self.image.copy()

    @property
    def sha256(self) -> str:
        """Of mode, size and pixels."""
        return hashlib.sha256(f"{self.image.mode} {self.image.size}".encode() + self.image.tobytes()).hexdigest()


@dataclass(frozen=True)
class PhotoFile:
    """A photo on the disk: a file, or a member of a zip file."""

    path: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}:{self.member}"

    def open(self) -> BinaryIO:
        if self.member is None:
            return self.path.open("rb")
        with zipfile.ZipFile(self.path) as archive:
            return io.BytesIO(archive.read(self.member))


Photo = str | Path | PhotoFile | bytes | PhotoBytes | PhotoPixels | Image.Image | NDArray[np.uint8]
"""A photo in any form: a file by its path, a member of a zip file, the bytes of a file, an image of Pillow, or (H, W, 3)
uint8 RGB pixels."""


def held(photo: Photo, spec: ImageSpec) -> PhotoBytes | PhotoPixels:
    """The photo in memory. It reads a file once, so that the bytes that are hashed are those that are decoded.

    Raises: PhotoError where a file cannot be read; DataError where it is no photo of any form.
    """
    if isinstance(photo, PhotoBytes | PhotoPixels):
        return photo
    if isinstance(photo, bytes):
        return PhotoBytes(photo)
    if isinstance(photo, Image.Image):
        return PhotoPixels(photo)
    if isinstance(photo, np.ndarray):
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
            raise DataError(f"got an array {photo.shape} of {photo.dtype}, expected (height, width, 3) uint8 RGB pixels")
        return PhotoPixels(Image.fromarray(photo))
    if not isinstance(photo, str | Path | PhotoFile):
        raise DataError(f"got {type(photo).__name__} for a photo, expected a path, bytes, an image or an array of uint8")
    file = photo if isinstance(photo, PhotoFile) else PhotoFile(Path(photo))
    with _errors_of(file, spec), file.open() as stream:
        data = stream.read(_MAXIMUM_BYTES + 1)
        if len(data) > _MAXIMUM_BYTES:
            raise Image.DecompressionBombError
        return PhotoBytes(data, str(file))


def decode_with_pillow(image: Image.Image) -> Image.Image:
    """The whole picture, as Pillow decodes it."""
    image.load()
    return image


def load_photo(photo: Photo, spec: ImageSpec, *, decode: Decoder = decode_with_pillow) -> Pixels:
    """Turns a photo upright, crops the centre square and resizes it.

    Pillow's warnings, such as of damaged EXIF, are left to whoever owns the process, as all its threads share the filters.

    Args:
        decode: another decoder that gives the same pixels, such as training's.

    Returns: (side_px, side_px, 3) uint8, RGB.
    Raises: PhotoError, one line, for anything that is not a whole 8-bit colour JPEG or PNG of a sensible size; DataError
        where it is no photo of any form.
    """
    path = held(photo, spec)
    with _errors_of(path, spec), path.open() as image:
        _check_size(image, path, spec)
        _check_colour(image, path)
        decoded = image
        # An image of Pillow or an array is decoded already.
        if isinstance(image, ImageFile.ImageFile):
            # A JPEG decoder can skip detail that the resize would average away: less memory on a large photo.
            image.draft("RGB", (2 * spec.side_px, 2 * spec.side_px))
            # Decoding comes first: reading a PNG's EXIF decodes it, and damaged pixels are an error where EXIF is not.
            decoded = decode(image)
        turn = _UPRIGHT.get(_orientation(image))
        return square(_opaque(decoded if turn is None else decoded.transpose(turn), path), spec.side_px)


@contextmanager
def _errors_of(path: PhotoFile | PhotoBytes | PhotoPixels, spec: ImageSpec) -> Iterator[None]:
    """Turns all errors of reading and decoding into one line on this photo."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise PhotoError("no photo at {photo}: check the file name", photo=path) from None
    except (IsADirectoryError, PermissionError) as error:
        raise PhotoError("cannot read {photo}: {reason}", photo=path, reason=error.strerror) from None
    except UnidentifiedImageError:
        raise PhotoError("{photo} is not a photo: expected a JPEG or PNG file; take the photo again", photo=path) from None
    except Image.DecompressionBombError:
        raise PhotoError(
            "{photo} is too large: expected at most {megapixels} megapixels; use the camera's normal setting",
            photo=path,
            megapixels=round(spec.maximum_pixels / 1e6),
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise PhotoError(
            "{photo} is damaged or cut short ({reason}): copy it again or take the photo again",
            photo=path,
            reason=str(error),
        ) from None


def square(image: Image.Image, side_px: int) -> Pixels:
    """Centre square of an upright RGB image, resized with antialiased bilinear filtering."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    box = (left, top, left + side, top + side)
    # `resize(box=...)` would let the filter reach over the edges of the box.
    return np.asarray(image.crop(box).resize((side_px, side_px), Image.Resampling.BILINEAR), dtype=np.uint8)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read.

    `ImageOps.exif_transpose` does not serve: it writes the EXIF anew, which fails on damaged entries of any kind.
    """
    try:
        found = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - a flipped byte in EXIF raises any kind of error, while the pixels are intact
        return 1
    return found if isinstance(found, int) else 1


def _check_size(image: Image.Image, path: PhotoBytes | PhotoPixels, spec: ImageSpec) -> None:
    width, height = image.size
    if width * height > spec.maximum_pixels:
        raise PhotoError(
            "{photo} is too large: got {width} x {height}, expected at most {megapixels} megapixels; use the camera's "
            "normal setting",
            photo=path,
            width=width,
            height=height,
            megapixels=round(spec.maximum_pixels / 1e6),
        )
    if min(width, height) < spec.minimum_side_px:
        raise PhotoError(
            "{photo} is too small: got {width} x {height}, expected at least {least} pixels on each side; take the photo "
            "again from closer",
            photo=path,
            width=width,
            height=height,
            least=spec.minimum_side_px,
        )


def _check_colour(image: Image.Image, path: PhotoBytes | PhotoPixels) -> None:
    # Pillow reads 16-bit RGB PNG as mode RGB; only the raw mode of the tile shows it.
    tile = getattr(image, "tile", None)
    raw_mode = str(tile[0][3]) if tile else ""
    if "16" in raw_mode or image.mode.startswith(("I", "F")):
        raise PhotoError(
            "{photo} has 16 bits a channel: expected an ordinary 8-bit colour photo; save it as JPEG", photo=path
        )
    if image.mode in ("1", "L", "LA"):
        raise PhotoError("{photo} is greyscale: expected a colour photo; take it again in colour", photo=path)
    if image.mode not in ("RGB", "RGBA"):
        raise PhotoError(
            "{photo} is a {mode} image: expected an RGB colour photo; save it as an ordinary JPEG",
            photo=path,
            mode=image.mode,
        )


def _opaque(image: Image.Image, path: PhotoBytes | PhotoPixels) -> Image.Image:
    if image.mode == "RGBA":
        lowest = image.getchannel("A").getextrema()[0]
        if not isinstance(lowest, int | float) or lowest < 255:
            raise PhotoError("{photo} is partly transparent: expected a whole photo; save it as JPEG", photo=path)
    # Converting copies even an RGB image: 12 MB for a photo of 12 megapixels.
    return image if image.mode == "RGB" else image.convert("RGB")
