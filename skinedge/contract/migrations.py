"""Migration of contracts of schema 1 to schema 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_RECIPE_FILE = "recipe.json"


_PIXELS = {
    "imagenet": {"pixel_mean": (0.485, 0.456, 0.406), "pixel_std": (0.229, 0.224, 0.225)},
    "symmetric": {"pixel_mean": (0.5, 0.5, 0.5), "pixel_std": (0.5, 0.5, 0.5)},
}
"""What `normalization` meant in the recipes of that time."""


class RepeatedNameError(ValueError):
    """A name that stands twice in one object: parsers take the first or the last, and so decide on different values."""


def upgraded(data: bytes, checkpoint: Path | None) -> bytes:
    """The bytes of a contract in schema 2. Bytes that are no contract of schema 1 are returned unchanged.

    Schema 1 named backbone and fusion; side, range of pixels and the head on the answers were in the recipe of the
    checkpoint. Without that folder, as for a bundle, `model` stays empty: running a program does not need it.

    Raises: RepeatedNameError.
    """
    try:
        document = json.loads(data, object_pairs_hook=_once)
    except RepeatedNameError:
        raise
    except (ValueError, RecursionError):
        return data
    if not isinstance(document, dict) or document.get("schema_version", 1) != 1 or "backbone" not in document:
        return data
    backbone, fusion = document.pop("backbone"), document.pop("fusion", "product")
    if "blank" in document:
        document["missing"] = document.pop("blank")
    recipe = _recipe(checkpoint) if checkpoint else None
    if recipe is not None:
        document["model"] = {
            "backbone": backbone,
            "fusion": fusion,
            "side_px": recipe.get("side_px", 224),
            "answers_head_weight": recipe.get("answers_weight", 0.0),
            **_pixels(recipe.get("normalization", "imagenet")),
        }
    defaults = {"missing": -1.0, "temperature": 1.0, "refer": {"value": 0.5}, "watch_below": None}
    return json.dumps(defaults | document | {"schema_version": 2}).encode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise RepeatedNameError(f"{name} stands twice")
        document[name] = value
    return document


def _pixels(normalization: object) -> dict[str, Any]:
    """What the name meant. Of a name that nobody used it makes a value that the parser refuses."""
    known = _PIXELS.get(normalization) if isinstance(normalization, str) else None
    return known or {"pixel_mean": normalization}


def _recipe(checkpoint: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((checkpoint / _RECIPE_FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
