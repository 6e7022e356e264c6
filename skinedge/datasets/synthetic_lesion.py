"""Draws synthetic lesions on synthetic skin from random numbers; no patient's photo is used.

Each label looks different enough for a classifier to learn in a minute, and resembles the real one from afar. They serve
tests, demonstrations and golden vectors; results on them say nothing about skin.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from skinedge.errors import DataError

Floats = NDArray[np.float32]

SKIN_TONES = (
    (232, 194, 174), (220, 176, 150), (206, 156, 124), (174, 122, 92), (130, 88, 66), (90, 62, 50),
)  # fmt: skip
"""RGB of Fitzpatrick types 1 to 6 in even light."""

_BLACK, _BROWN, _TAN = (36, 26, 26), (104, 60, 36), (150, 100, 62)
_PINK, _RED, _PEARL, _GREY_BLUE = (214, 122, 118), (168, 58, 52), (240, 206, 198), (82, 88, 104)
_CRUST, _SCALE = (206, 170, 104), (240, 230, 218)


def draw_lesion(rng: np.random.Generator, label: str, side_px: int, *, skin_type: float | None = None) -> NDArray[np.uint8]:
    """Draws one photo of one lesion.

    Args:
        rng: the same state draws the same photo.
        label: one of the six labels.
        side_px: side of the square photo.
        skin_type: Fitzpatrick type, 1..6; random where None.

    Returns: (side_px, side_px, 3) uint8, RGB.
    Raises: DataError for an unknown label.
    """
    return photograph(rng, paint(rng, label, side_px, skin_type=skin_type))


def paint(rng: np.random.Generator, label: str, side_px: int, *, skin_type: float | None = None) -> Floats:
    """The lesion on its skin in even light: (3, side_px, side_px) float32, 0..255. See `draw_lesion`."""
    if label not in _PAINTERS:
        raise DataError(f"cannot draw {label!r}: expected one of {', '.join(_PAINTERS)}")
    canvas = _Canvas(rng, side_px, rng.uniform(1, 6) if skin_type is None else skin_type)
    _PAINTERS[label](canvas)
    canvas.hairs(int(rng.choice([0, 0, 3, 12, 40])))
    return canvas.pixels


def photograph(rng: np.random.Generator, scene: Floats) -> NDArray[np.uint8]:
    """Takes a scene with a phone: another turn, light, colour cast and noise each time."""
    side_px = scene.shape[-1]
    turned = np.rot90(scene, int(rng.integers(4)), axes=(1, 2))
    turned = turned[:, :, ::-1] if rng.random() < 0.5 else turned
    axis = np.linspace(-1, 1, side_px, dtype=np.float32)
    slope, vignette = rng.uniform(-0.14, 0.14, 2).astype(np.float32), np.float32(rng.uniform(0, 0.14))
    light = 1 + slope[0] * axis[:, None] + slope[1] * axis - vignette * (axis[:, None] ** 2 + axis**2)
    cast = (rng.uniform(0.86, 1.1) * rng.uniform(0.93, 1.07, 3)).astype(np.float32)
    noise = rng.standard_normal((side_px, side_px), dtype=np.float32) * np.float32(rng.uniform(1, 4))
    lit = np.clip(turned * (light * cast[:, None, None]) + noise, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(lit.transpose(1, 2, 0))


class _Canvas:
    """Skin, and the brushes that paint lesions. Lengths are shares of the side, so that photos of every size look alike."""

    def __init__(self, rng: np.random.Generator, side_px: int, skin_type: float) -> None:
        self.rng, self.side_px = rng, side_px
        tones = np.array(SKIN_TONES, dtype=np.float32)
        tone = np.array([np.interp(skin_type, np.arange(1, 7), tones[:, c]) for c in range(3)], dtype=np.float32)
        # On dark skin lesions are darker too: paint is mixed with the skin's own brightness.
        self.shade = np.float32(0.45 + 0.55 * tone.mean() / tones[1].mean())
        grain = self.noise(int(rng.integers(110, 150)), stretch=1.3)
        relief = 1 + 0.045 * self.noise(3) + 0.025 * self.noise(16) + 0.03 * grain
        flush = 0.018 * self.noise(9)
        self.pixels: Floats = np.stack([tone[0] * (relief + flush), *(c * (relief - flush) for c in tone[1:])])
        self.freckles(int(rng.choice([0, 0, 8, 25])))
        self.x, self.y = rng.uniform(0.42, 0.58, 2)

    def noise(self, cells: int, *, stretch: float = 1.0) -> Floats:
        """Smooth noise of about unit spread: (S, S)."""
        grid = self.rng.standard_normal((max(int(cells / stretch), 2), cells), dtype=np.float32)
        image = Image.fromarray(grid).resize((self.side_px, self.side_px), Image.Resampling.BICUBIC)
        return np.asarray(image, dtype=np.float32)

    def blob(self, x: float, y: float, radius: float, *, edge: float, ragged: float = 0.0, aspect: float = 1.0) -> Floats:
        """How much of a roundish blob covers each pixel: (S, S), 0..1. `edge` is the width of its border in radii."""
        axis = (np.arange(self.side_px, dtype=np.float32) + 0.5) / self.side_px
        distance = np.hypot((axis - x) / aspect, ((axis - y) * aspect)[:, None]) / np.float32(radius)
        if ragged:
            distance = distance + ragged * (self.noise(9) + 0.35 * self.noise(40))
        return np.clip((1 - distance) / np.float32(edge) + 0.5, 0, 1).astype(np.float32)

    def blend(self, colour: tuple[int, int, int], cover: Floats) -> None:
        """Paints a colour over the pixels, as far as `cover` (S, S) says."""
        paint = np.array(colour, dtype=np.float32) * self.shade
        for plane, level in zip(self.pixels, paint, strict=True):
            plane[...] += cover * (level - plane)

    def strokes(self, count: int, length: float, width_px: int, *, spread: float) -> Floats:
        """Curved lines near the lesion, or all over with a large `spread`: (S, S), 0..1."""
        image = Image.new("L", (self.side_px, self.side_px))
        pen, along = ImageDraw.Draw(image), np.linspace(0, 1, 8)
        for _ in range(count):
            x, y = np.array([self.x, self.y]) + self.rng.uniform(-spread, spread, 2)
            angle, bend = self.rng.uniform(0, 2 * np.pi), self.rng.uniform(-1.5, 1.5)
            heading = angle + bend * along
            points = np.stack([x + np.cumsum(np.cos(heading)) * length / 8, y + np.cumsum(np.sin(heading)) * length / 8])
            pen.line([(float(px), float(py)) for px, py in (points * self.side_px).T], fill=255, width=width_px)
        return _cover(image.filter(ImageFilter.BoxBlur(1)))

    def freckles(self, count: int) -> None:
        image = Image.new("L", (self.side_px, self.side_px))
        for x, y, radius in self.rng.uniform((0, 0, 0.004), (1, 1, 0.02), (count, 3)) * self.side_px:
            ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=110)
        if count:
            soft = image.filter(ImageFilter.BoxBlur(self.side_px / 150))
            self.blend(_TAN, _cover(soft))

    def hairs(self, count: int) -> None:
        if count:
            colour = _BLACK if self.rng.random() < 0.8 else _SCALE
            self.blend(colour, 0.8 * self.strokes(count, float(self.rng.uniform(0.1, 0.4)), 1, spread=0.5))


def _cover(image: Image.Image) -> Floats:
    """A greyscale image as (S, S), 0..1."""
    return np.asarray(image, dtype=np.float32) * np.float32(1 / 255)


def _actinic_keratosis(c: _Canvas) -> None:
    patch = c.blob(c.x, c.y, c.rng.uniform(0.12, 0.24), edge=0.9, ragged=0.3, aspect=c.rng.uniform(0.8, 1.25))
    c.blend(_PINK, c.rng.uniform(0.25, 0.55) * patch)
    c.blend(_SCALE, c.rng.uniform(0.4, 0.8) * patch * np.clip(c.noise(60) - 0.7, 0, 1))


def _basal_cell(c: _Canvas) -> None:
    radius = c.rng.uniform(0.1, 0.2)
    body = c.blob(c.x, c.y, radius, edge=0.55, ragged=0.12, aspect=c.rng.uniform(0.85, 1.18))
    c.blend(_PINK, c.rng.uniform(0.4, 0.65) * body)
    # The rolled edge: pearly where the body's border is half covered.
    c.blend(_PEARL, c.rng.uniform(0.35, 0.7) * 4 * body * (1 - body))
    c.blend((150, 34, 44), 0.75 * body * c.strokes(10, 1.2 * radius, 1 + c.side_px // 240, spread=radius))
    if c.rng.random() < 0.4:
        c.blend(_RED, 0.8 * c.blob(c.x, c.y, 0.35 * radius, edge=0.5, ragged=0.3))
    c.blend((255, 250, 246), 0.7 * body * np.clip(c.noise(26) - 1.2, 0, 1))


def _melanoma(c: _Canvas) -> None:
    radius = c.rng.uniform(0.1, 0.21)
    body = c.blob(c.x, c.y, radius, edge=0.14, ragged=0.33, aspect=c.rng.uniform(0.75, 1.3))
    c.blend(_BROWN, 0.9 * body)
    c.blend(_BLACK, 0.95 * body * np.clip(0.6 + c.noise(7), 0, 1))
    c.blend(_GREY_BLUE, 0.8 * body * np.clip(c.noise(6) - 0.6, 0, 1))
    c.blend(_RED, 0.5 * body * np.clip(c.noise(6) - 0.9, 0, 1))


def _naevus(c: _Canvas) -> None:
    body = c.blob(c.x, c.y, c.rng.uniform(0.05, 0.15), edge=0.3, ragged=0.04, aspect=c.rng.uniform(0.85, 1.18))
    c.blend(_BROWN, c.rng.uniform(0.6, 0.92) * body)
    c.blend(_BLACK, 0.12 * body * np.clip(1 + c.noise(50), 0, 2))


def _squamous_cell(c: _Canvas) -> None:
    radius = c.rng.uniform(0.1, 0.2)
    c.blend(_RED, c.rng.uniform(0.55, 0.8) * c.blob(c.x, c.y, radius, edge=0.6, ragged=0.2))
    crust = c.blob(c.x, c.y, c.rng.uniform(0.4, 0.7) * radius, edge=0.3, ragged=0.35)
    c.blend(_CRUST, 0.9 * crust)
    c.blend(_SCALE, 0.8 * crust * np.clip(c.noise(45), 0, 1))
    c.blend((92, 30, 26), 0.8 * crust * np.clip(c.noise(30) - 0.8, 0, 1))


def _seborrhoeic_keratosis(c: _Canvas) -> None:
    body = c.blob(c.x, c.y, c.rng.uniform(0.09, 0.2), edge=0.07, ragged=0.08, aspect=c.rng.uniform(0.75, 1.3))
    c.blend(_TAN if c.rng.random() < 0.6 else _BROWN, 0.85 * body)
    c.blend(_BROWN, 0.6 * body * np.clip(0.3 + c.noise(48), 0, 1))
    c.blend(_SCALE, 0.5 * body * np.clip(c.noise(56) - 1.3, 0, 1))


_PAINTERS: dict[str, Callable[[_Canvas], None]] = {
    "ACK": _actinic_keratosis,
    "BCC": _basal_cell,
    "MEL": _melanoma,
    "NEV": _naevus,
    "SCC": _squamous_cell,
    "SEK": _seborrhoeic_keratosis,
}
