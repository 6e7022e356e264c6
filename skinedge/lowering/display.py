"""What an export prints."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from skinedge.lowering.export import Exported
from skinedge.lowering.targets import BACKENDS


def print_export(exported: Exported, *, as_json: bool) -> None:
    """Prints files, operators and comparisons as tables, or as one JSON document."""
    manifest = exported.bundle.manifest
    if as_json:
        document = {
            "folder": str(exported.bundle.folder),
            "manifest": manifest.model_dump(),
            "delegated": dict(exported.delegated),
            "portable": dict(exported.portable),
            "caveat": BACKENDS[manifest.target].caveat,
            "comparisons": [parity.model_dump() for parity in exported.comparisons],
        }
        print(json.dumps(document))
        return
    console = Console()
    files = Table(title=f"{exported.bundle.folder} ({manifest.target}, {manifest.precision})", title_justify="left")
    files.add_column("file")
    files.add_column("bytes", justify="right")
    for name, entry in manifest.files.items():
        files.add_row(name, f"{entry.size_bytes:,}")
    console.print(files)
    if exported.delegated:
        total = exported.delegated.total() + exported.portable.total()
        console.print(f"XNNPACK runs {exported.delegated.total()} of {total} operators. Not delegated:")
        console.print("  " + ", ".join(f"{name} {count}" for name, count in exported.portable.most_common()))
    table = Table(title="Probabilities against the fp32 model, and the spread of its score", title_justify="left")
    for name in ("samples", "n", "max diff", "mean diff", "same advice", "same label"):
        table.add_column(name, justify="left" if name == "samples" else "right")
    table.add_column("BACC", justify="right")
    table.add_column("spread", justify="right")
    for parity in exported.comparisons:
        table.add_row(
            parity.samples,
            str(parity.n),
            f"{parity.largest_difference:.4f}",
            f"{parity.mean_difference:.4f}",
            f"{parity.refer_agreement:.1%}",
            f"{parity.label_agreement:.1%}",
            "–" if parity.bacc_change is None else f"{parity.bacc_change:+.4f}",
            f"{parity.spread:.3f}",
        )
    console.print(table)
    if BACKENDS[manifest.target].caveat:
        console.print(f"{BACKENDS[manifest.target].caveat}.")
