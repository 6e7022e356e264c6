"""Writes the table of export/README.md from benchmarks/results/parity-targets.json: python -m benchmarks.export_table"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from skinedge.benchmark.tables import markdown, replace_between_marks
from skinedge.files import write_whole

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "parity-targets.json"
README = ROOT / "export" / "README.md"


def main() -> None:
    """Puts the table between the marks."""
    write_whole(README, with_table(README.read_text(encoding="utf-8"), json.loads(RESULTS.read_text(encoding="utf-8"))))


def with_table(text: str, results: dict[str, Any]) -> str:
    """The text of the README with the table of these results."""
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
    return replace_between_marks(text, markdown([head, *(_row(name, found) for name, found in results.items())]))


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


if __name__ == "__main__":
    main()
