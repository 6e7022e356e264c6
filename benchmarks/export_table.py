"""The table of export/README.md, from benchmarks/results/parity-targets.json."""

from __future__ import annotations

from typing import Any

from benchmarks.documents import RESULTS as FOLDER
from benchmarks.documents import ROOT, Values, fill
from skinedge.benchmark.tables import markdown

RESULTS = FOLDER / "parity-targets.json"
README = ROOT / "export" / "README.md"


def with_table(text: str, results: dict[str, Any]) -> str:
    """The text of the README with the table of these results."""
    from benchmarks.figures import FIGURES  # which takes `table` from here

    return fill(text, Values({**FIGURES, "export_table": lambda: table(results)}))


def table(results: dict[str, Any]) -> str:
    """As Markdown."""
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
    return markdown([head, *(_row(name, found) for name, found in results.items())])


def _row(name: str, found: dict[str, Any]) -> list[str]:
    size = f"{found['program_size_bytes'] / 1e6:.2f} MB"
    on = found["photos"] or found["drawn"]
    melanoma = on.get("melanoma")
    return [
        name,
        size,
        f"{on['n']} {on['samples']}",
        f"{on['largest_difference']:.6f}",
        f"{on['refer_agreement']:.1%}",
        f"{on['label_agreement']:.1%}",
        "" if on["bacc_change"] is None else f"{on['bacc_change']:+.4f}",
        f"{melanoma['program']['referred']} of {melanoma['n']} (fp32 {melanoma['reference']['referred']})"
        if melanoma
        else "",
    ]
