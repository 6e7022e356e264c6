"""SkinEdge: a photo of a spot and a few answers go in, advice to refer or to watch comes out, with no network.

>>> from skinedge import Screener
>>> result = Screener().screen(Path("spot.jpg"), {"age_years": 63, "itch": "yes"})  # doctest: +SKIP
>>> result.decision  # doctest: +SKIP
'refer'
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skinedge.screening.screener import Screener, ScreeningResult

# ONNX Runtime 1.29 and newer reports to its maker unless this is set before it loads, by us or by another library.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = ["Screener", "ScreeningResult", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Imports the public classes at first use, so that `import skinedge` costs nothing."""
    if name in ("Screener", "ScreeningResult"):
        from skinedge.screening import screener

        return getattr(screener, name)
    raise AttributeError(f"module 'skinedge' has no attribute {name!r}")
