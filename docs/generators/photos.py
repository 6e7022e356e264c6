"""What becomes of the files that people take for photos, for tables of docs/."""

from __future__ import annotations

from skinedge.preprocess.file_formats import HEIC, SIGNATURES, VIDEO
from skinedge.preprocess.refusals import REFUSALS


def format_table() -> str:
    """Returns a table of the formats that are decoded, and those that are refused by name."""
    formats = list(dict.fromkeys([known for known, _, _ in SIGNATURES]))
    decoded = ", ".join(known.name for known in [*(f for f in formats if f.media_type), HEIC])
    # Only of the container that HEIC shares, a video has a line of its own.
    named = ", ".join(known.name for known in formats if known.media_type is None and known is not VIDEO)
    return "\n".join(["| | formats |", "| --- | --- |", f"| decoded | {decoded}, AVIF |", f"| refused by name | {named} |"])


def refusal_table() -> str:
    """Returns a table of the codes of refusals, and what people read."""
    rows = [
        f"| `{code}` | {text.replace('{photo} ', '… ').replace('{', '*').replace('}', '*')} |"
        for code, text in REFUSALS.items()
    ]
    return "\n".join(["| code | line |", "| --- | --- |", *rows])
