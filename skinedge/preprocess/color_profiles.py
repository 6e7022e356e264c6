"""Turns the colours of a photo into sRGB, which the model was trained on."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from skinedge.preprocess.refusals import Refused

Profile = bytes | None
"""An ICC profile; None where the colours are sRGB, or nothing is said, which means the same."""

_D65 = (0.3127, 0.3290)
SRGB_PRIMARIES = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
"""White, red, green and blue, x and y each."""

_PRIMARIES = {
    1: SRGB_PRIMARIES,
    2: SRGB_PRIMARIES,
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (*_D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
"""By their number in ITU-T H.273; 12 is Display P3, 9 that of BT.2020."""

_GAMMAS = {1: None, 2: None, 4: 1 / 2.2, 5: 1 / 2.8, 6: None, 8: 1.0, 13: None, 14: None, 15: None}
"""Transfer functions by their number; None is the curve of sRGB, which stands for that of television, as in browsers."""

_HDR = (16, 18)
"""PQ and HLG."""

_SAME_WITHIN = 2
"""Levels of 255: a profile that changes no colour by more is one of the many that are called sRGB."""


def code_points_profile(primaries: int, transfer: int) -> Profile:
    """The profile of numbers of ITU-T H.273, as in cICP of PNG and nclx of HEIC. Raises: Refused for HDR or others."""
    if transfer in _HDR:
        raise Refused("hdr")
    if primaries not in _PRIMARIES or transfer not in _GAMMAS:
        raise Refused("colours")
    return gamma_profile(_GAMMAS[transfer], _PRIMARIES[primaries])


def gamma_profile(gamma: float | None, points: Sequence[float]) -> Profile:
    """The profile of primaries and an encoding gamma, such as 0.45; None is the curve of sRGB.

    Args:
        points: white, red, green and blue, x and y each.

    Raises: Refused where there are no such colours.
    """
    if gamma is None and np.abs(np.subtract(points, SRGB_PRIMARIES)).max() < 0.001:
        return None
    x, y = np.array(points, dtype=np.float64).reshape(4, 2).T
    if (y <= 0).any() or (gamma is not None and not 0.1 <= gamma <= 10):
        raise Refused("colours")
    white, *primaries = np.stack([x / y, np.ones(4), (1 - x - y) / y]).T
    matrix = np.stack(primaries, axis=1)
    if abs(np.linalg.det(matrix)) < 1e-6:
        raise Refused("colours")
    return _icc(_to_d50(white) @ matrix * np.linalg.solve(matrix, white), gamma)


def to_srgb(image: Image.Image, profile: Profile) -> Image.Image:
    """The RGB image in sRGB; the very same pixels where it is in sRGB already. Raises: Refused for a profile of no use."""
    if profile is None:
        return image
    transform, is_srgb = _transform(profile)
    if is_srgb:
        return image
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted


@lru_cache(maxsize=8)
def _transform(profile: bytes) -> tuple[ImageCms.ImageCmsTransform, bool]:
    """The transform to sRGB, and whether it changes nothing that counts."""
    if _transfer_of(profile) in _HDR:
        raise Refused("hdr")
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        # Relative colorimetric, the same as what browsers do with the profiles of cameras.
        transform = ImageCms.buildTransform(
            given, ImageCms.createProfile("sRGB"), "RGB", "RGB", renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except (OSError, ValueError, ImageCms.PyCMSError):
        raise Refused("colours") from None
    steps = np.linspace(0, 255, 16).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(64, 64, 3)
    changed = ImageCms.applyTransform(Image.fromarray(colours), transform)
    return transform, int(np.abs(np.asarray(changed, dtype=int) - colours).max()) <= _SAME_WITHIN


def _transfer_of(profile: bytes) -> int | None:
    """The transfer function that a profile names by its number."""
    for at in range(132, 132 + 12 * min(int.from_bytes(profile[128:132]), 100), 12):
        if profile[at : at + 4] == b"cicp":
            start = int.from_bytes(profile[at + 4 : at + 8])
            return int.from_bytes(profile[start + 9 : start + 10])
    return None


def _to_d50(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bradford's adaptation to the white of ICC profiles."""
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50 = np.array([0.9642, 1.0, 0.8249])
    return np.asarray(np.linalg.inv(cones) @ np.diag((cones @ d50) / (cones @ white)) @ cones)


def _icc(colorants: NDArray[np.float64], gamma: float | None) -> bytes:
    """A display profile: primaries as XYZ in columns, and a curve."""

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))

    curve = (0, 1 / gamma) if gamma is not None else (3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tone = b"para\0\0\0\0" + struct.pack(">HH", int(curve[0]), 0) + fixed(*curve[1:])
    tags = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)}
    tags |= {name: b"XYZ \0\0\0\0" + fixed(*colorants[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), tone)
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value
    size = start + len(body)
    head = struct.pack(">I4xI", size, 0x04300000) + b"mntrRGB XYZ " + b"\0" * 12 + b"acsp" + b"\0" * 28
    return head + fixed(0.9642, 1, 0.8249) + b"\0" * 48 + table + body
