"""`make photo-thresholds`: where those of the photo advice lie among real photos; `results/photo-thresholds.json`.

It measures with OpenCV, because tuning may use what phones lack; `tests/screening` compares the plain install's own measures
with it. The file gives, for each measure, the value at the share AIM of the photos, the threshold in use, and the share
beyond it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import RESULTS, real_photos
from skinedge.benchmark.results import write_stamped
from skinedge.contract import ImageSpec
from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.preprocess.photo import Pixels, load_photo
from skinedge.progress import track
from skinedge.screening import detail, photo_check, scene

AIM = {
    "sharpness": 0.02,
    "softness": 0.2,
    "falloff": 0.005,
    "direction": 0.01,
    "flat_share": 0.02,
    "highlights": 0.01,
    "glare_share": 0.01,
    "median": 0.01,
    "skin_share": 0.005,
    "order": 0.005,
    "woven_share": 0.005,
    "evenness": 0.005,
    "spot_share": 0.005,
}
"""The share of good photos that may get the warning of each measure."""
THRESHOLDS = {
    "sharpness": photo_check.BLURRED_BELOW,
    "softness": photo_check.SOFT_BELOW,
    "falloff": photo_check.FALLOFF_BELOW,
    "direction": photo_check.SHAKEN_ABOVE,
    "flat_share": photo_check.COMPRESSED_ABOVE,
    "highlights": photo_check.DARK_BELOW,
    "glare_share": photo_check.GLARE_SHARE,
    "median": photo_check.PALE_ABOVE,
    "skin_share": scene.NO_SKIN_BELOW,
    "order": scene.ORDERED_ABOVE,
    "woven_share": scene.WOVEN_ABOVE,
    "evenness": scene.EVEN_BELOW,
    "spot_share": scene.TINY_BELOW,
}
LARGER_IS_WORSE = frozenset({"direction", "flat_share", "glare_share", "median", "order", "woven_share"})


def measure(pixels: Pixels) -> dict[str, float]:
    """The measures that the advice uses, of (S, S, 3) uint8 RGB pixels; NaN where there is no clear lesion."""
    grey = cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2GRAY)
    cells = cv2.resize(pixels.astype(np.float32), (scene.CELLS, scene.CELLS), interpolation=cv2.INTER_AREA)
    lesion = scene.clear_lesion_share(cells)
    halves = [cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) for share in (0.5, 0.25, 0.125)]
    sharpness = _sharpness(grey)
    order, evenness = detail.order(halves[1])
    return {
        "sharpness": sharpness,
        "softness": sharpness,
        "falloff": _sharpness(halves[1]) / max(_sharpness(halves[2]), 1e-9),
        "direction": detail.direction(halves[0]),
        "flat_share": detail.flat_share(grey),
        "highlights": float(np.percentile(grey, 99)),
        "glare_share": float((grey >= photo_check.GLARE_LEVEL).mean()),
        "median": float(np.median(grey)),
        "skin_share": scene.skin_share(cells),
        "order": order,
        "woven_share": scene.woven_share(cells),
        "evenness": evenness,
        "spot_share": float("nan") if lesion is None else lesion,
    }


def _sharpness(grey: NDArray[np.float32]) -> float:
    return float(cv2.Laplacian(grey, cv2.CV_32F)[1:-1, 1:-1].var())


def document(measures: Iterable[Mapping[str, float]]) -> dict[str, object]:
    """By measure: the value at its aim, the threshold in use, and the share of photos beyond that."""
    rows = list(measures)
    columns: dict[str, NDArray[np.float64]] = {name: np.array([row[name] for row in rows]) for name in AIM}
    return {"photos": len(rows), "measures": {name: _placed(name, values) for name, values in columns.items()}}


def _placed(name: str, values: NDArray[np.float64]) -> dict[str, float]:
    worst_first = -values if name in LARGER_IS_WORSE else values
    sign = -1 if name in LARGER_IS_WORSE else 1
    # A photo without a clear lesion gets no advice on its size.
    ranked = np.nan_to_num(worst_first, nan=np.inf)
    return {
        "aim": AIM[name],
        "value_at_aim": sign * float(np.quantile(ranked, AIM[name], method="higher")),
        "threshold": THRESHOLDS[name],
        "share_beyond": float((ranked < sign * THRESHOLDS[name]).mean()),
    }


def main() -> None:
    photos = [record.photo for record in read_pad_ufes_20(real_photos()).with_photos()]
    found = document(measure(load_photo(photo, ImageSpec())) for photo in track(photos, "photos") if photo is not None)
    write_stamped(RESULTS / "photo-thresholds.json", found)


if __name__ == "__main__":
    main()
