"""The tables of export/README.md: programs against fp32, and what others convert from ours against ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skinedge.benchmark.tables import markdown_table


def table(results: Mapping[str, Any], size: str = "program_size_bytes") -> str:
    """As Markdown, of what `benchmarks.parity_targets` or `benchmarks.parity_onnx2tf` wrote.

    Args:
        size: where each result says how many bytes its program has.
    """
    head = [
        "program",
        "size",
        "compared on",
        "largest difference",
        "same advice",
        "same class",
        "BACC",
        "melanomas referred",
    ]
    return markdown_table([head, *(_row(name, found, found[size]) for name, found in results.items() if name != "run")])


def _row(name: str, found: Mapping[str, Any], size_bytes: int) -> list[str]:
    on = found.get("photos") or found["drawn"]
    melanoma = on.get("melanoma")
    referred = [melanoma["program"]["referred"], melanoma["n"], melanoma["reference"]["referred"]] if melanoma else None
    return [
        name,
        f"{size_bytes / 1e6:.2f} MB",
        f"{on['n']} {on['samples']}",
        f"{on['largest_difference']:.6f}",
        f"{on['decision_agreement']:.1%}",
        f"{on['top1_agreement']:.1%}",
        "" if on["bacc_change"] is None else f"{on['bacc_change']:+.4f}",
        "{} of {} (before {})".format(*referred) if referred else "",
    ]
