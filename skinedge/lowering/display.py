"""What an export and a calibration print."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

from skinedge.lowering.export import Exported
from skinedge.lowering.export_all import Outcome
from skinedge.lowering.parity.comparison import Parity
from skinedge.lowering.quantization.plan import QuantizationPlan, Scheme
from skinedge.runtime.registry import get_runtime


def print_export(exported: Exported, *, as_json: bool) -> None:
    """Prints files, operators and comparisons as tables, or as one JSON document."""
    if as_json:
        print(json.dumps(_document(exported)))
        return
    console, manifest, lowered = Console(), exported.bundle.manifest, exported.lowered
    files = Table(title=f"{exported.bundle.folder} ({manifest.target}, {manifest.precision})", title_justify="left")
    files.add_column("file")
    files.add_column("bytes", justify="right")
    for name, entry in manifest.files.items():
        files.add_row(name, f"{entry.size_bytes:,}")
    console.print(files)
    if lowered.delegated:
        total = lowered.delegated.total() + lowered.portable.total()
        console.print(
            _not_delegated(exported, f"XNNPACK runs {lowered.delegated.total()} of {total} operators. The others:")
        )
    if exported.precision.quantization:
        console.print(_summary(exported.precision.quantization.plan, exported.precision.scheme))
    console.print(_comparisons(exported.comparisons))


def print_all(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """Prints a table of what `--target all` made, or one JSON document."""
    if as_json:
        made = [_document(outcome.exported) for outcome in outcomes if outcome.exported]
        problems = {outcome.name: outcome.problem for outcome in outcomes if outcome.problem}
        print(json.dumps({"exported": made, "not_exported": problems}))
        return
    table = Table(title="Every target against the fp32 model", title_justify="left")
    for name in ("program", "bytes", "delegated", "compared on", "max diff", "same advice", "same label"):
        table.add_column(
            name, justify="left" if name in ("program", "compared on") else "right", no_wrap=name in ("program", "bytes")
        )
    for outcome in outcomes:
        if outcome.exported is None:
            table.add_row(outcome.name, "–")
            continue
        share, worst = outcome.exported.lowered.delegated_share, outcome.exported.comparisons[-1]
        table.add_row(
            outcome.name,
            f"{outcome.exported.lowered.size_bytes:,}",
            "–" if share is None else f"{share:.0%}",
            f"{worst.n} {worst.samples}",
            f"{worst.largest_difference:.4f}",
            f"{worst.decision_agreement:.1%}",
            f"{worst.top1_agreement:.1%}",
        )
    console = Console()
    console.print(table)
    for outcome in outcomes:
        if outcome.problem:
            console.print(f"{outcome.name}: {outcome.problem}", markup=False, highlight=False)


def print_calibration(plan: QuantizationPlan, *, as_json: bool) -> None:
    """Prints what was found on photos."""
    if as_json:
        print(plan.model_dump_json())
        return
    console = Console()
    table = Table(title="What int8 in one block alone costs, the worst first", title_justify="left")
    table.add_column("block")
    table.add_column("divergence, nats", justify="right")
    table.add_column("stays in")
    for name, nats in sorted(plan.quantization_error.items(), key=lambda item: -item[1]):
        table.add_row(name, f"{nats:.1e}", "float" if name in plan.float_blocks else "int8")
    console.print(table)
    console.print(_summary(plan, *get_args(Scheme)))


def _summary(plan: QuantizationPlan, *schemes: Scheme) -> str:
    blocks = ", ".join(plan.float_blocks) or "none"
    what = {"all": "weights and activations", "weights": "weights alone"}
    lines = [
        f"Temperature and refer threshold, {what[scheme]} in int8: {plan.recalibrations[scheme].chosen_on}."
        for scheme in schemes
    ]
    return "\n".join((f"Blocks in float: {blocks}.", *lines))


def _not_delegated(exported: Exported, title: str) -> Table:
    by_reason: dict[tuple[str, str], Counter[str]] = {}
    for portable, count in exported.lowered.portable.items():
        by_reason.setdefault((portable.part, portable.why), Counter())[portable.operator] += count
    table = Table(title=title, title_justify="left")
    for name in ("part", "why", "operators"):
        table.add_column(name)
    for (part, why), operators in sorted(by_reason.items(), key=lambda item: -item[1].total()):
        table.add_row(part, why, ", ".join(f"{name} {count}" for name, count in operators.most_common()))
    return table


def _comparisons(comparisons: Sequence[Parity]) -> Table:
    table = Table(title="Against the fp32 model; changes are the program less fp32", title_justify="left")
    for name in ("inputs", "n", "max diff", "same advice", "same label", "BACC", "MEL referred", "MEL named", "ECE"):
        table.add_column(name, justify="left" if name == "inputs" else "right")
    for parity in comparisons:
        table.add_row(
            parity.samples,
            str(parity.n),
            f"{parity.largest_difference:.4f}",
            f"{parity.decision_agreement:.1%}",
            f"{parity.top1_agreement:.1%}",
            *map(
                _change,
                (
                    parity.bacc_change,
                    parity.melanoma_referred_change,
                    parity.melanoma_named_change,
                    parity.ece_change,
                ),
            ),
        )
    return table


def _change(value: float | None) -> str:
    return "–" if value is None else f"{value:+.4f}"


def _document(exported: Exported) -> dict[str, Any]:
    lowered = exported.lowered
    return {
        "folder": str(exported.bundle.folder),
        "manifest": exported.bundle.manifest.model_dump(),
        "delegated": dict(lowered.delegated),
        "portable": [{**portable._asdict(), "count": count} for portable, count in lowered.portable.items()],
        "caveat": get_runtime(exported.bundle.manifest.target).caveat,
        "comparisons": [parity.model_dump() for parity in exported.comparisons],
    }
