"""Statistics of every photo: of its file, of its pixels, and a perceptual hash.

The pixel measures of a whole photo are OpenCV's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from skinedge.contract import ImageSpec
from skinedge.datasets.pad_ufes_20 import Record
from skinedge.errors import DataError
from skinedge.evaluation.audit.hair import hair_share
from skinedge.evaluation.audit.ink import ink_mask, ink_share
from skinedge.preprocess.photo import PhotoBytes, Pixels, held, load_photo, photo_size
from skinedge.progress import track

SIDE_PX = 256
HASH_SIDE = 16
HASH_BITS = HASH_SIDE**2 - 1
_THUMBNAIL_PX = 64
_GRID = 4


@dataclass(frozen=True)
class ImageStatistics:
    """Statistics of N photos, in the order of their records."""

    pixels_sha256: NDArray[np.str_]
    """(N,) of the decoded, upright centre square at 256 px."""
    hashes: NDArray[np.bool_]
    """(N, 255) perceptual hash."""
    statistics: NDArray[np.float64]
    """(N, 55) see `photo_statistics`."""
    ink_share: NDArray[np.float64]
    """(N,) see `ink_share`."""
    hair_share: NDArray[np.float64]
    """(N,) see `hair_share`."""
    sharpness: NDArray[np.float64]
    """(N,) see `laplacian_variance`: small where a photo is blurred."""
    megapixels: NDArray[np.float64]
    side_ratio: NDArray[np.float64]
    """(N,) width / height of the file's picture."""
    bytes_per_pixel: NDArray[np.float64]


def image_statistics(records: tuple[Record, ...]) -> ImageStatistics:
    """Reads every photo once. Raises: PhotoError for the first that cannot be used."""
    spec = ImageSpec(side_px=SIDE_PX)
    sha256, hashes, statistics, scenes, files = [], [], [], [], []
    for record in track(records, "measuring photos"):
        if record.photo is None:
            raise DataError(f"{record.image_id} has no photo: expected records with photos only")
        given = held(record.photo, spec)
        pixels = load_photo(given, spec)
        sha256.append(hashlib.sha256(pixels.tobytes()).hexdigest())
        hashes.append(perceptual_hash(pixels))
        statistics.append(photo_statistics(pixels))
        scenes.append(_scene(pixels))
        width, height = photo_size(given, spec)
        size_bytes = len(given.data) if isinstance(given, PhotoBytes) else 0
        files.append((width * height / 1e6, width / height, size_bytes / (width * height)))
    ink, hair, sharpness = np.array(scenes, dtype=np.float64).T
    megapixels, side_ratio, bytes_per_pixel = np.array(files, dtype=np.float64).T
    return ImageStatistics(
        np.array(sha256),
        np.stack(hashes),
        np.stack(statistics),
        ink,
        hair,
        sharpness,
        megapixels,
        side_ratio,
        bytes_per_pixel,
    )


def perceptual_hash(pixels: Pixels) -> NDArray[np.bool_]:
    """(255,) bits: which of the lowest 16 x 16 DCT coefficients of the grey picture, but the mean, are above their median.

    It does not change with size, compression or brightness. It does not recognise mirrored or turned copies, nor crops of
    more than about 1 %.
    Source: the well-known pHash, with more bits: with 64, different moles on bare skin have the same hash.
    """
    thumbnail = cv2.resize(_grey(pixels), (_THUMBNAIL_PX, _THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    low = cv2.dct(thumbnail.astype(np.float64))[:HASH_SIDE, :HASH_SIDE].reshape(-1)[1:]
    bits: NDArray[np.bool_] = low > np.median(low)
    return bits


def photo_statistics(pixels: Pixels) -> NDArray[np.float64]:
    """(55,) colours and grain, no shapes: mean RGB of each cell of a 4 x 4 grid, spread of RGB over the photo, range of
    brightness (5th and 95th percentile), ratio of the middle's brightness to the rest's, log variance of the Laplacian."""
    x = pixels.astype(np.float64) / 255
    cells = cv2.resize(x, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    _, spread = cv2.meanStdDev(x)
    grey = x.mean(axis=2)
    quarter = slice(len(x) // 4, -(len(x) // 4))
    contrast = grey[quarter, quarter].mean() / max(grey.mean(), 1e-6)
    sharpness = np.log(_laplacian(grey).var() + 1e-9)
    return np.array([*cells.reshape(-1), *spread.reshape(-1), *np.percentile(grey, (5, 95)), contrast, sharpness])


def laplacian_variance(pixels: Pixels) -> float:
    """Variance of the Laplacian of the grey levels, 0..255: the measure of blur that the photo advice also uses."""
    return float(_laplacian(_grey(pixels).astype(np.float64)).var())


def _scene(pixels: Pixels) -> tuple[float, float, float]:
    ink = ink_mask(pixels)
    return ink_share(ink), hair_share(_grey(pixels), ink), laplacian_variance(pixels)


def _grey(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _laplacian(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.Laplacian(grey, cv2.CV_64F, borderType=cv2.BORDER_REFLECT), dtype=np.float64)
