"""Finds photos that show nothing, and warns of others that cannot be judged well.

While a warning stands nobody is told to watch (`skinedge.screening.triage`): blur, light, tiny lesions and apparent lack of
skin lead to another photo, or to a more careful answer where a person insists. The thresholds
were set on photos of PAD-UFES-20 at 448 x 448 pixels: those of refusals on 300, whose ranges are below, those of advice on
1,024, so that at most 1 % of them get any one advice (docs/photo_advice.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skinedge.codes import AdviceCode, ReasonCode
from skinedge.screening import scene

BLACK_BELOW = 24
"""Brightness that hardly any pixel of a nearly black photo reaches; the darkest photo of the sample reached 106."""

WHITE_ABOVE = 240
"""Brightness that nearly every pixel of a nearly white photo reaches; the palest photo of the sample reached 158."""

UNIFORM_BELOW = 12
"""Range of every colour channel in a photo of one flat tone, such as a covered lens; the flattest photo had 43."""

BLURRED_BELOW = 2.3
"""Variance of the Laplacian of a photo without fine detail; 1% of the photos are below. Those photos were enlarged from
300 x 300, so a phone's own photos have more detail, and this advice is rarer still for them."""

DARK_BELOW = 90
"""Brightness of the lightest 1% of a dark photo. Highlights, not the average: dark skin in good light is no dark
photo, and its highlights are as light as those of any skin."""

GLARE_LEVEL, GLARE_SHARE = 250, 0.02
"""Share of pixels at or above this level that hides skin under glare; the sample had at most 0.011."""


@dataclass(frozen=True)
class PhotoCheck:
    """The check of a photo's pixels: why nothing can be seen on it, or warnings."""

    unusable: ReasonCode | None
    advice: tuple[AdviceCode, ...] = ()


def check_photo(pixels: NDArray[np.uint8]) -> PhotoCheck:
    """Checks (side_px, side_px, 3) uint8 RGB pixels, as `load_photo` returns them."""
    brightness = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    unusable = _why_unusable(pixels, brightness)
    return PhotoCheck(unusable) if unusable else PhotoCheck(None, _advice(pixels, brightness))


def laplacian_variance(brightness: NDArray[np.float32]) -> float:
    """Variance of the four-neighbour Laplacian of a (H, W) image: small where there is no fine detail."""
    centre = brightness[1:-1, 1:-1]
    neighbours = brightness[:-2, 1:-1] + brightness[2:, 1:-1] + brightness[1:-1, :-2] + brightness[1:-1, 2:]
    return float((neighbours - 4 * centre).var())


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


def _advice(pixels: NDArray[np.uint8], brightness: NDArray[np.float32]) -> tuple[AdviceCode, ...]:
    advice: list[AdviceCode] = []
    if laplacian_variance(brightness) < BLURRED_BELOW:
        advice.append("blurred")
    if np.percentile(brightness, 99) < DARK_BELOW:
        advice.append("dark")
    if np.mean(brightness >= GLARE_LEVEL) > GLARE_SHARE:
        advice.append("glare")
    means = scene.cells(pixels)
    if scene.skin_share(means) < scene.NO_SKIN_BELOW:
        # Where there is no skin, whatever stands out is no lesion.
        advice.append("no_skin")
    elif (share := scene.clear_lesion_share(means)) is not None and share < scene.TINY_BELOW:
        advice.append("tiny_lesion")
    return tuple(advice)
