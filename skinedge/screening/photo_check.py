"""Finds photos that show nothing, and warns of others that cannot be judged well.

While a warning stands nobody is told to watch (`skinedge.screening.triage`): blur, light, tiny lesions and apparent lack of
skin lead to another photo, or to a more careful answer where a person insists. The thresholds were set on photos of
PAD-UFES-20 at 448 x 448 pixels: those of refusals on 300, whose ranges are below, those of warnings on 1,024, each for a
share of them that docs/photo_advice.md gives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skinedge.codes import AdviceCode, ReasonCode
from skinedge.screening import detail, scene

BLACK_BELOW = 24
"""Brightness that hardly any pixel of a nearly black photo reaches; the darkest photo of the sample reached 106."""

WHITE_ABOVE = 240
"""Brightness that nearly every pixel of a nearly white photo reaches; the palest photo of the sample reached 158."""

UNIFORM_BELOW = 12
"""Range of every colour channel in a photo of one flat tone, such as a covered lens; the flattest photo had 43."""

BLURRED_BELOW = 2.6
"""Variance of the Laplacian of a photo without fine detail. The photos were enlarged from 300 x 300, so a phone's own photos
have more, and this warning is rarer still for them."""

SOFT_BELOW, SOFT_FLAT_ABOVE, DIM_BELOW = 7, 0.05, 103
"""A photo gets an answer, and a more careful one, where that variance is lower than that of four fifths of the photos, more
tiles than this have no detail, or its lightest 1% are darker than those of any photo."""

FALLOFF_BELOW = 0.28
"""The same variance at a quarter of the size, as a share of that at an eighth. Less is blur, whatever noise lies over it."""

SHAKEN_ABOVE = 4.9
"""Detail in one direction, beside that across it, at half the size."""

COMPRESSED_ABOVE = 0.08
"""Share of tiles without any detail, as strong compression leaves them."""

DARK_BELOW = 90
"""Brightness of the lightest 1% of a dark photo. Highlights, not the average: dark skin in good light is no dark
photo, and its highlights are as light as those of any skin."""

GLARE_LEVEL, GLARE_SHARE = 250, 0.02
"""Share of pixels at or above this level that hides skin under glare; the sample had at most 0.011."""

PALE_ABOVE = 201
"""Median brightness of a photo with too much light."""


@dataclass(frozen=True)
class PhotoCheck:
    """The check of a photo's pixels: why nothing can be seen on it, or warnings."""

    unusable: ReasonCode | None
    advice: tuple[AdviceCode, ...] = ()
    soft: bool = False
    """Whether the photo has little detail or light, though enough to be judged with care."""


def check_photo(pixels: NDArray[np.uint8]) -> PhotoCheck:
    """Checks (side_px, side_px, 3) uint8 RGB pixels, as `load_photo` returns them."""
    brightness = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    unusable = _why_unusable(pixels, brightness)
    if unusable:
        return PhotoCheck(unusable)
    sharpness, flat_share = detail.laplacian_variance(brightness), detail.flat_share(brightness)
    lightest = float(np.percentile(brightness, 99))
    is_soft = sharpness < SOFT_BELOW or flat_share > SOFT_FLAT_ABOVE or lightest < DIM_BELOW
    return PhotoCheck(None, _advice(pixels, brightness, lightest, sharpness, flat_share), soft=is_soft)


def _why_unusable(pixels: NDArray[np.uint8], brightness: NDArray[np.float32]) -> ReasonCode | None:
    # Without the outer 1 %: a few stray pixels, such as hot pixels of the sensor, show nothing.
    darkest, lightest = np.percentile(brightness, (1, 99))
    if lightest < BLACK_BELOW:
        return "almost_black"
    if darkest > WHITE_ABOVE:
        return "almost_white"
    low, high = np.percentile(pixels, (1, 99), axis=(0, 1))
    if float((high - low).max()) < UNIFORM_BELOW:
        return "one_colour"
    return None


def _advice(
    pixels: NDArray[np.uint8], brightness: NDArray[np.float32], lightest: float, sharpness: float, flat_share: float
) -> tuple[AdviceCode, ...]:
    advice: list[AdviceCode] = []
    if sharpness < BLURRED_BELOW or _is_blurred(brightness):
        advice.append("blurred")
    elif flat_share > COMPRESSED_ABOVE:
        advice.append("compressed")
    if lightest < DARK_BELOW:
        advice.append("dark")
    if np.mean(brightness >= GLARE_LEVEL) > GLARE_SHARE or np.median(brightness) > PALE_ABOVE:
        advice.append("glare")
    means = scene.cells(pixels)
    if scene.skin_share(means) < scene.NO_SKIN_BELOW or scene.is_something_else(brightness, means):
        # Where there is no skin, whatever stands out is no lesion.
        advice.append("no_skin")
    elif (share := scene.clear_lesion_share(means)) is not None and share < scene.TINY_BELOW:
        advice.append("tiny_lesion")
    return tuple(advice)


def _is_blurred(brightness: NDArray[np.float32]) -> bool:
    smaller = detail.half(brightness)
    quarter = detail.half(smaller)
    falloff = detail.laplacian_variance(quarter) < FALLOFF_BELOW * detail.laplacian_variance(detail.half(quarter))
    return falloff or detail.direction(smaller) > SHAKEN_ABOVE
