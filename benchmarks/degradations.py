"""Photos made worse on purpose, and drawn things that are no skin: what must never be told to watch.

Lengths are pixels of the photo as it is given: PAD-UFES-20 has 300 on each side.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
Degradation = Callable[[Pixels], Pixels]


def blurred(radius_px: float) -> Degradation:
    """By a Gaussian of this spread."""
    return lambda photo: np.asarray(Image.fromarray(photo).filter(ImageFilter.GaussianBlur(radius_px)))


def shaken(length_px: int, degrees: float) -> Degradation:
    """The mean of the photo along a straight path."""

    def apply(photo: Pixels) -> Pixels:
        image, total = Image.fromarray(photo), np.zeros(photo.shape, np.float32)
        steps = np.linspace(-length_px / 2, length_px / 2, 2 * length_px + 1)
        for step in steps:
            x, y = step * math.cos(math.radians(degrees)), step * math.sin(math.radians(degrees))
            total += np.asarray(
                image.transform(image.size, Image.Transform.AFFINE, (1, 0, x, 0, 1, y), Image.Resampling.BILINEAR)
            )
        margin = math.ceil(length_px / 2)  # beyond the edge of the photo there is nothing to move in
        return _whole(total / len(steps))[margin:-margin, margin:-margin]

    return apply


def brightened(factor: float) -> Degradation:
    """Darker below 1, lighter above it."""
    return lambda photo: _whole(photo * np.float32(factor))


def bleached(exponent: float) -> Degradation:
    """Lighter in the shadows, by a power below 1."""
    return lambda photo: _whole(255 * (photo / np.float32(255)) ** exponent)


def compressed(quality: int) -> Degradation:
    """As a JPEG of this quality."""

    def apply(photo: Pixels) -> Pixels:
        file = io.BytesIO()
        Image.fromarray(photo).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file).convert("RGB"))

    return apply


def shrunk(side_px: int) -> Degradation:
    """Made so small, and as large again as it was: what is left of a thumbnail."""

    def apply(photo: Pixels) -> Pixels:
        small = Image.fromarray(photo).resize((side_px, side_px), Image.Resampling.BILINEAR)
        return np.asarray(small.resize(photo.shape[1::-1], Image.Resampling.BILINEAR))

    return apply


def noisy_blurred(radius_px: float) -> Degradation:
    """Blurred by the lens; then the sensor's noise and the camera's JPEG lie over it."""

    def apply(photo: Pixels) -> Pixels:
        soft = blurred(radius_px)(photo)
        noise = np.random.default_rng(0).normal(0, 3, photo.shape)
        return compressed(75)(_whole(soft + noise))

    return apply


def beside(thing: str) -> Degradation:
    """The camera looks beside the spot: a strip of the photo's edge, and a drawn thing."""

    def apply(photo: Pixels) -> Pixels:
        width = photo.shape[1] // 4
        other = draw_thing(thing, photo.shape[0])
        return np.concatenate([photo[:, :width], other[:, width : photo.shape[1]]], axis=1)

    return apply


DEGRADATIONS: dict[str, Degradation] = {
    **{f"blur, {radius} px": blurred(radius) for radius in (1, 2, 3, 4, 6, 8)},
    **{f"blur, {radius} px, then noise": noisy_blurred(radius) for radius in (2, 4)},
    **{f"shaken, {length} px across": shaken(length, 0) for length in (2, 4, 8)},
    **{f"shaken, {length} px aslant": shaken(length, 35) for length in (4, 8)},
    **{f"light, {factor:g} times": brightened(factor) for factor in (0.5, 0.35, 0.25, 1.6, 2.5)},
    "bleached": bleached(0.35),
    **{f"JPEG, quality {quality}": compressed(quality) for quality in (30, 20, 10, 5)},
    **{f"shrunk to {side} px": shrunk(side) for side in (150, 100, 64, 32)},
    **{f"beside the spot, {thing}": beside(thing) for thing in ("wood", "cloth")},
}
"""By name; the mildest first."""


def draw_thing(name: str, side_px: int, *, seed: int = 0) -> Pixels:
    """(S, S, 3): a photo of something that is no skin, one of `THINGS`."""
    rng = np.random.default_rng(seed)
    colours, shade = THINGS[name](rng, side_px)
    grain = rng.normal(0, 3, (side_px, side_px, 1))
    return _whole(colours * shade[..., None] + grain)


Drawn = tuple[NDArray[np.float64], NDArray[np.float64]]
_WOODS = ((150, 100, 60), (181, 134, 84), (222, 184, 135), (139, 90, 43), (160, 82, 45), (110, 75, 50))
_CLOTHS = ((200, 40, 40), (40, 80, 160), (190, 120, 100), (220, 150, 60), (230, 170, 160))
_WHITE = np.array((245, 238, 230.0))


def _noise(rng: np.random.Generator, side_px: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    coarse = Image.fromarray(rng.standard_normal(shape).astype(np.float32))
    return np.asarray(coarse.resize((side_px, side_px), Image.Resampling.BICUBIC), dtype=np.float64)


def _wood(rng: np.random.Generator, side_px: int) -> Drawn:
    """Rings, cut lengthwise, and pores along them."""
    x = np.arange(side_px) / side_px
    rings = np.sin(2 * np.pi * (x * rng.uniform(6, 14) + 0.6 * _noise(rng, side_px, (3, 4))))
    pores = _noise(rng, side_px, (4, 90))
    return np.array(_WOODS[rng.integers(len(_WOODS))], dtype=float), 0.95 + 0.08 * rings + 0.06 * pores


def _wood_with_a_knot(rng: np.random.Generator, side_px: int) -> Drawn:
    colour, shade = _wood(rng, side_px)
    y, x = np.mgrid[:side_px, :side_px] / side_px - 0.5
    return colour, shade * (1 - 0.6 * np.clip(1 - np.hypot(x, 0.7 * y) / 0.12, 0, 1))


def _cloth(rng: np.random.Generator, side_px: int) -> Drawn:
    """Gingham: two colours, and their mean where the stripes cross."""
    colour = np.array(_CLOTHS[rng.integers(len(_CLOTHS))], dtype=float)
    checks = int(rng.integers(4, 13))
    stripe = (np.arange(side_px) * checks // side_px % 2) / 2
    mix = (stripe[:, None] + stripe)[..., None]
    return _WHITE * 0.95 * (1 - mix) + colour * mix, 1 + 0.04 * _noise(rng, side_px, (90, 90))


def _paper(rng: np.random.Generator, side_px: int) -> Drawn:
    """Empty, in warm light."""
    return _WHITE * (0.85, 0.82, 0.76), 1 + 0.01 * _noise(rng, side_px, (3, 3))


def _print(rng: np.random.Generator, side_px: int) -> Drawn:
    """Paper with lines of letters."""
    colour, shade = _paper(rng, side_px)
    step = side_px // 20
    for top in range(step, side_px - step, step):
        inked = np.repeat(rng.random(side_px // 4 + 1) < 0.6, 4)[:side_px]
        shade[top : top + step // 2, inked] *= 0.3
    return colour, shade


def _grass(rng: np.random.Generator, side_px: int) -> Drawn:
    return np.array((90, 120, 60.0)), 1 + 0.3 * _noise(rng, side_px, (40, 150))


def _keyboard(rng: np.random.Generator, side_px: int) -> Drawn:
    """Pale keys on a darker ground, in warm light."""
    place = np.arange(side_px) * 6 / side_px % 1
    key = ((place > 0.1) & (place < 0.9)).astype(float)
    letter = ((place > 0.4) & (place < 0.6)).astype(float)
    shade = 0.5 + 0.4 * key[:, None] * key - 0.5 * letter[:, None] * letter
    return np.array((235, 220, 205.0)), shade


THINGS: dict[str, Callable[[np.random.Generator, int], Drawn]] = {
    "wood": _wood,
    "wood with a knot": _wood_with_a_knot,
    "cloth": _cloth,
    "paper": _paper,
    "print": _print,
    "grass": _grass,
    "keyboard": _keyboard,
}


def _whole(values: NDArray[np.floating]) -> Pixels:
    whole: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return whole
