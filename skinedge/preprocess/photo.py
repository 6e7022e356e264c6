"""Reads a photo as the square of raw pixels that a program takes, without torch; apps and browsers do the same."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from skinedge.contract import ImageSpec
from skinedge.errors import DataError
from skinedge.files import find_by_name
from skinedge.preprocess.color_profiles import Profile, to_srgb
from skinedge.preprocess.decode import check_colours, decode_file, opaque, open_file, profile_of, upright
from skinedge.preprocess.file_formats import HEIC, format_of, media_type
from skinedge.preprocess.refusals import Refused, refusal

Pixels = NDArray[np.uint8]

_MAXIMUM_BYTES = 256 << 20
"""No camera makes a larger file, and it is held in memory."""


@dataclass(frozen=True)
class PhotoBytes:
    """A photo in memory, for programs that must not write it to the disk."""

    data: bytes = field(repr=False)
    name: str = "the photo"

    def __str__(self) -> str:
        return self.name

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
            try:
                return io.BytesIO(archive.read(self.member))
            except (KeyError, RuntimeError) as error:  # Another member, a password, or a way of packing that is not known.
                raise zipfile.BadZipFile(str(error)) from None


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
    if isinstance(photo, ImageFile.ImageFile) and photo.tile and photo.fp is not None:
        # Not decoded yet: its file goes through the gate, which sees more than Pillow does.
        at = photo.fp.tell()
        photo.fp.seek(0)
        data = photo.fp.read()
        photo.fp.seek(at)
        return PhotoBytes(data)
    if isinstance(photo, Image.Image):
        return PhotoPixels(photo)
    if isinstance(photo, np.ndarray):
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
            raise DataError(f"got an array {photo.shape} of {photo.dtype}, expected (height, width, 3) uint8 RGB pixels")
        return PhotoPixels(Image.fromarray(photo))
    if not isinstance(photo, str | Path | PhotoFile):
        raise DataError(f"got {type(photo).__name__} for a photo, expected a path, bytes, an image or an array of uint8")
    file = photo if isinstance(photo, PhotoFile) else PhotoFile(find_by_name(Path(photo)))
    with _one_line(file, spec), file.open() as stream:
        data = stream.read(_MAXIMUM_BYTES + 1)
        if len(data) > _MAXIMUM_BYTES:
            raise Refused("too_large", megapixels=_megapixels(spec))
        return PhotoBytes(data, str(file))


def load_photo(photo: Photo, spec: ImageSpec) -> Pixels:
    """Turns a photo upright and into sRGB, crops the centre square and resizes it.

    Pillow's warnings, such as of damaged EXIF, are left to whoever owns the process, as all its threads share the filters.

    Returns: (side_px, side_px, 3) uint8, sRGB.
    Raises: PhotoError, one line, for anything that is not a whole colour photo of a format that is decoded, of a sensible
        size; DataError where it is no photo of any form.
    """
    given = held(photo, spec)
    data = given.data if isinstance(given, PhotoBytes) else None
    with _one_line(given, spec), _opened(given) as image:
        _check_size(image.size, spec)
        check_colours(image)
        profile = profile_of(image, data)
        decoded = image if data is None else decode_file(image, data, 2 * spec.side_px)
        return square(opaque(upright(image, decoded)), spec.side_px, profile)


def photo_size(photo: Photo, spec: ImageSpec) -> tuple[int, int]:
    """Width and height of a photo as it is stored, in pixels. Raises: PhotoError where it is no photo."""
    given = held(photo, spec)
    with _one_line(given, spec), _opened(given) as image:
        return image.size


def browser_photo(data: bytes) -> tuple[bytes, str]:
    """A photo that was accepted, as a file that browsers show, and its media type: HEIC becomes JPEG where that can be."""
    if format_of(data) is HEIC:
        stream = io.BytesIO()
        with suppress(Refused), open_file(data) as image:
            to_srgb(opaque(image), profile_of(image, data)).save(stream, "JPEG", quality=92)
            data = stream.getvalue()
    return data, media_type(data)


def _opened(photo: PhotoBytes | PhotoPixels) -> Image.Image:
    return open_file(photo.data) if isinstance(photo, PhotoBytes) else photo.image.copy()


@contextmanager
def _one_line(photo: PhotoFile | PhotoBytes | PhotoPixels, spec: ImageSpec) -> Iterator[None]:
    """Turns all errors of reading and decoding into one line on this photo, without the words of any library."""
    try:
        yield
    except Refused as reason:
        raise refusal(reason.code, photo, **reason.values) from None
    except (FileNotFoundError, NotADirectoryError):
        raise refusal("missing", photo) from None
    except IsADirectoryError:
        raise refusal("folder", photo) from None
    except (Image.DecompressionBombError, MemoryError):
        raise refusal("too_large", photo, megapixels=_megapixels(spec)) from None
    # The second is of a zip file that is packed in a way that Python does not know.
    except (OSError, NotImplementedError):
        raise refusal("unreadable", photo) from None
    except (SyntaxError, ValueError, EOFError, struct.error, zipfile.BadZipFile, zlib.error):
        raise refusal("damaged", photo) from None


def square(image: Image.Image, side_px: int, profile: Profile = None) -> Pixels:
    """Centre square of an upright RGB image in sRGB, resized with antialiased bilinear filtering."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    box = (left, top, left + side, top + side)
    # `resize(box=...)` would let the filter reach over the edges of the box.
    whole = to_srgb(image.crop(box), profile)
    return np.asarray(whole.resize((side_px, side_px), Image.Resampling.BILINEAR), dtype=np.uint8)


def _megapixels(spec: ImageSpec) -> int:
    return round(spec.maximum_pixels / 1e6)


def _check_size(size: tuple[int, int], spec: ImageSpec) -> None:
    width, height = size
    if width * height > spec.maximum_pixels:
        raise Refused("too_many_pixels", width=width, height=height, megapixels=_megapixels(spec))
    if min(width, height) < spec.minimum_side_px:
        raise Refused("too_small", width=width, height=height, least=spec.minimum_side_px)
