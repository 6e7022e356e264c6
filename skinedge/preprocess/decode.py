"""Decodes a file of any format that is accepted: its pixels, which way is up, and what its colours mean."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import ExifTags, Image, features

from skinedge.preprocess.color_profiles import Profile, code_points_profile
from skinedge.preprocess.file_formats import AVIF, HEIC, JPEG, PNG, VIDEO, WEBP, format_of
from skinedge.preprocess.heif import check_coded_items, code_points, open_heic
from skinedge.preprocess.jpeg import decode_jpeg, plain_jpeg
from skinedge.preprocess.png import png_profile
from skinedge.preprocess.refusals import Refused
from skinedge.preprocess.webp import check_webp

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


def open_file(data: bytes) -> Image.Image:
    """A file with its header read. Raises: Refused, or OSError and others where it is damaged."""
    found = format_of(data)
    if found is None:
        raise Refused("unknown")
    if found is VIDEO:
        raise Refused("moving")
    if found.media_type is None or (found in (WEBP, AVIF) and not features.check(found.name.lower())):
        raise Refused("format", format=found.name)
    if found is JPEG:
        # Before Pillow, which calls a rare kind damaged.
        plain_jpeg(data)
    with _library_errors():
        image = open_heic(data) if found is HEIC else Image.open(io.BytesIO(data), formats=(found.name.upper(),))
    # A JPEG or HEIC may hold several pictures, such as a map of brightness, of which the main one is the photo.
    if found not in (JPEG, HEIC) and getattr(image, "n_frames", 1) > 1:
        raise Refused("moving")
    return image


def decode_file(image: Image.Image, data: bytes, least_px: int) -> Image.Image:
    """The pixels of an opened file, of a large JPEG at a fraction of its size. Raises: as `open_file`."""
    found = format_of(data)
    if found is JPEG:
        return decode_jpeg(data, *image.size, least_px)
    if found is WEBP:
        check_webp(data)
    if found in (AVIF, HEIC):
        check_coded_items(data)
    # Decoding comes first: reading a PNG's EXIF decodes it, and damaged pixels are an error where EXIF is not.
    with _library_errors():
        image.load()
    return image


@contextmanager
def _library_errors() -> Iterator[None]:
    """Turns whatever a decoder raises on damaged bytes into a refusal."""
    try:
        yield
    except (Refused, MemoryError, Image.DecompressionBombError):
        raise
    except Exception as error:  # noqa: BLE001 - errors of any kind come from damaged bytes
        # libheif's word for a photo in its container that some other program compressed in its own way.
        raise Refused("no_heic" if "nsupported codec" in str(error) else "damaged") from None


def profile_of(image: Image.Image, data: bytes | None) -> Profile:
    """What the colours of an opened photo mean. Raises: Refused where it says so in a way that is of no use.

    Args:
        data: the file; None for an image that somebody else has decoded.
    """
    embedded = image.info.get("icc_profile")
    # Pillow has None where parts of a profile are missing.
    if embedded is None and "icc_profile" in image.info:
        raise Refused("colours")
    embedded = embedded or None
    if data is None:
        return embedded
    found = format_of(data)
    if found is PNG:
        return png_profile(data, embedded)
    if found in (AVIF, HEIC):
        profile = code_points_profile(*code_points(data))
        return embedded or profile
    return embedded


def upright(image: Image.Image, decoded: Image.Image) -> Image.Image:
    """The decoded pixels of an opened photo, as the camera was held."""
    turn = _UPRIGHT.get(_orientation(image))
    return decoded if turn is None else decoded.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read.

    `ImageOps.exif_transpose` does not serve: it writes the EXIF anew, which fails on damaged entries of any kind.
    """
    # Only EXIF counts, as in browsers and on Android: XMP is what an editor noted, perhaps of pixels it has turned since.
    for name in ("xmp", "XML:com.adobe.xmp"):
        image.info.pop(name, None)
    try:
        found = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - a flipped byte in EXIF raises any kind of error, while the pixels are intact
        return 1
    return found if isinstance(found, int) else 1


def check_colours(image: Image.Image) -> None:
    """Raises: Refused for anything but 8 bits a channel and full colour."""
    if image.mode.startswith(("I", "F")):
        raise Refused("deep")
    if image.mode in ("1", "L", "LA"):
        raise Refused("grey")
    if image.mode in ("P", "PA"):
        raise Refused("few_colours")
    if image.mode not in ("RGB", "RGBA"):
        raise Refused("mode", mode=image.mode)


def opaque(image: Image.Image) -> Image.Image:
    """The pixels as RGB. Raises: Refused where something shows through."""
    # PNG may name one colour that stands for nothing.
    if image.mode == "RGB" and "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        lowest = image.getchannel("A").getextrema()[0]
        if not isinstance(lowest, int | float) or lowest < 255:
            raise Refused("transparent")
    # Converting copies even an RGB image: 12 MB for a photo of 12 megapixels.
    return image if image.mode == "RGB" else image.convert("RGB")
