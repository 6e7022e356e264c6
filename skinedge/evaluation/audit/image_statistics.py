"""One look at every photo: what the file tells, what the pixels tell, and a fingerprint of the picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn
from scipy.ndimage import laplace

from skinedge.contract import ImageSpec
from skinedge.datasets.pad_ufes_20 import Record
from skinedge.errors import DataError
from skinedge.preprocess.photo import Pixels, load_photo
from skinedge.progress import track

SIDE_PX = 256
HASH_SIDE = 16
HASH_BITS = HASH_SIDE**2 - 1
_THUMBNAIL_PX = 64
_GRID = 4

TYPICAL_SKIN = np.array([205.0, 160.0, 135.0])
"""RGB that the photo's own median is brought to before pen is looked for: a violet cast is no ink."""
INK_HUES_DEGREES = (120.0, 320.0)
INK_SATURATION, INK_VALUE = 0.15, 0.15
CENTRE_RADIUS = 0.2
"""In partitions. Blue and grey-green lesions lie in the middle; circles, arrows and lines are drawn around them."""


@dataclass(frozen=True)
class ImageStatistics:
    """Of N photos, in the order of their records."""

    pixels_sha256: NDArray[np.str_]
    """(N,) of the decoded, upright centre square at 256 px."""
    hashes: NDArray[np.bool_]
    """(N, 255) perceptual hash."""
    statistics: NDArray[np.float64]
    """(N, 55) see `photo_statistics`."""
    ink_share: NDArray[np.float64]
    """(N,) see `ink_share`."""
    megapixels: NDArray[np.float64]
    side_ratio: NDArray[np.float64]
    """(N,) width / height of the file's picture."""
    bytes_per_pixel: NDArray[np.float64]


def image_statistics(records: tuple[Record, ...]) -> ImageStatistics:
    """Reads every photo once. Raises: PhotoError for the first that cannot be used."""
    spec = ImageSpec(side_px=SIDE_PX)
    sha256, hashes, statistics, ink, files = [], [], [], [], []
    for record in track(records, "looking at photos"):
        if record.photo is None:
            raise DataError(f"{record.image_id} has no photo: expected records with photos only")
        pixels = load_photo(record.photo, spec)
        sha256.append(hashlib.sha256(pixels.tobytes()).hexdigest())
        hashes.append(perceptual_hash(pixels))
        statistics.append(photo_statistics(pixels))
        ink.append(ink_share(pixels))
        with record.photo.open() as stream:
            width, height = Image.open(stream).size
            size_bytes = stream.seek(0, 2)
        files.append((width * height / 1e6, width / height, size_bytes / (width * height)))
    megapixels, side_ratio, bytes_per_pixel = np.array(files, dtype=np.float64).T
    return ImageStatistics(
        np.array(sha256), np.stack(hashes), np.stack(statistics), np.array(ink), megapixels, side_ratio, bytes_per_pixel
    )


def perceptual_hash(pixels: Pixels) -> NDArray[np.bool_]:
    """(255,) bits: which of the lowest 16 x 16 DCT coefficients of the grey picture, but the mean, are above their median.

    It survives another size, compression and brightness. It does not know mirrored or turned copies, nor crops of more
    than about 1 %.
    Source: the well-known pHash, with more bits: with 64, different moles on bare skin look alike.
    """
    grey = Image.fromarray(pixels).convert("L").resize((_THUMBNAIL_PX, _THUMBNAIL_PX), Image.Resampling.BOX)
    low = dctn(np.asarray(grey, dtype=np.float64))[:HASH_SIDE, :HASH_SIDE].reshape(-1)[1:]
    bits: NDArray[np.bool_] = low > np.median(low)
    return bits


def photo_statistics(pixels: Pixels) -> NDArray[np.float64]:
    """(55,) colours and grain, no shapes: mean RGB of each cell of a 4 x 4 grid, spread of RGB over the photo, range of
    brightness (5th and 95th percentile), ratio of the middle's brightness to the rest's, log variance of the Laplacian."""
    x = pixels.astype(np.float64) / 255
    side_px = len(x)
    cell = side_px // _GRID
    cells = x[: cell * _GRID, : cell * _GRID].reshape(_GRID, cell, _GRID, cell, 3).mean(axis=(1, 3))
    grey = x.mean(axis=2)
    quarter = slice(side_px // 4, -(side_px // 4))
    contrast = grey[quarter, quarter].mean() / max(grey.mean(), 1e-6)
    sharpness = np.log(laplace(grey).var() + 1e-9)
    return np.array([*cells.reshape(-1), *x.std(axis=(0, 1)), *np.percentile(grey, (5, 95)), contrast, sharpness])


def ink_share(pixels: Pixels) -> float:
    """Share, 0..1, of pixels outside the centre that look like surgical pen: saturated green, blue or violet.

    Colours are taken relative to the photo's median, which is skin. Clothes, gloves and cloth of these colours count too.
    """
    half = len(pixels) // 2
    small = pixels[: 2 * half, : 2 * half].reshape(half, 2, half, 2, 3).mean(axis=(1, 3))
    median = np.maximum(np.median(small, axis=(0, 1)), 1)
    balanced = np.clip(small / median * TYPICAL_SKIN, 0, 255).astype(np.uint8)
    hue, saturation, value = np.moveaxis(np.asarray(Image.fromarray(balanced).convert("HSV"), dtype=np.float64) / 255, 2, 0)
    axis = np.linspace(-0.5, 0.5, half)
    around = np.hypot(axis, axis[:, None]) > CENTRE_RADIUS
    low, high = (degrees / 360 for degrees in INK_HUES_DEGREES)
    inked = (hue >= low) & (hue <= high) & (saturation >= INK_SATURATION) & (value >= INK_VALUE)
    return float(inked[around].mean())
