"""Results as tables and pictures, for `benchmarks/README.md`. Every number comes from a results file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skinedge.benchmark.comparison import Change
from skinedge.benchmark.results import Measured, Results
from skinedge.benchmark.statistics import latency

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEGIN, END = "<!-- begin: written by skinedge bench -->", "<!-- end: written by skinedge bench -->"


def rows(results: Results) -> list[list[str]]:
    """One row a contestant and number of threads, after a row of headings."""
    table = [
        ["contestant", "threads", "program", "p50", "95 % interval", "p90", "p99", "decode", "program ms", "load", "peak"]
    ]
    for measured in results.measured:
        found = latency(measured.total_ms, rounds=results.protocol.bootstrap_rounds)
        stages = {stage: float(np.median(taken)) for stage, taken in measured.stages_ms.items()}
        decode = stages.pop("decode", None)
        colds = measured.cold_starts
        table.append(
            [
                measured.contestant,
                str(measured.threads),
                f"{measured.program_bytes / 1e6:.2f} MB",
                f"{found.p50:.1f} ms",
                f"{found.low:.1f} to {found.high:.1f}",
                f"{found.p90:.1f}",
                f"{found.p99:.1f}",
                "" if decode is None else f"{decode:.1f}",
                f"{sum(stages.values()):.1f}",
                f"{np.median([cold.load_ms for cold in colds]) / 1000:.2f} s" if colds else "",
                f"{max(cold.peak_memory_mib for cold in colds):.0f} MiB" if colds else "",
            ]
        )
    return table


def change_rows(changes: Sequence[Change]) -> list[list[str]]:
    """One row a comparison, after a row of headings."""
    table = [["contestant", "threads", "ratio", "99 % interval", "verdict"]]
    for change in changes:
        interval = f"{change.low:.3f} to {change.high:.3f}"
        table.append([change.contestant, str(change.threads), f"{change.ratio:.3f}", interval, change.verdict])
    return table


def markdown(table: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    head, *body = table
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def written(results: Results, pictures: Sequence[str]) -> str:
    """What stands between the marks of `benchmarks/README.md`."""
    device, protocol = results.device, results.protocol
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    lines = [
        f"Measured {results.made_at} at commit {results.commit} on {device.processor}, {device.cores} cores, "
        f"{device.memory_gib:g} GiB, {device.system}, Python {device.python}: {versions}.",
        "",
        f"{protocol.rounds} rounds after {protocol.warm_ups} warm-ups; a photo of {protocol.photo_width_px} x "
        f"{protocol.photo_height_px} px. Times are of one whole answer: photo file to advice. Load and peak memory are of "
        f"{protocol.cold_starts} fresh processes.",
        "",
        markdown(rows(results)),
    ]
    if results.cold_screen_s:
        lines += [
            "",
            f"A cold `skinedge screen` of that photo takes {np.median(results.cold_screen_s):.2f} s and "
            f"{max(results.cold_screen_mib):.0f} MiB.",
        ]
    for picture in pictures:
        lines += ["", f"![{Path(picture).stem}]({picture})"]
    return "\n".join(lines)


def replace_between_marks(text: str, inside: str) -> str:
    """The text with what stands between its marks replaced. Raises: ValueError where it has no marks."""
    before, mark, rest = text.partition(BEGIN)
    _, closing, after = rest.partition(END)
    if not mark or not closing:
        raise ValueError("the file has no place for tables: put the two marks of skinedge.benchmark.tables into it")
    return f"{before}{BEGIN}\n{inside}\n{END}{after}"


def draw(results: Results, folder: Path) -> list[str]:
    """Pictures of latency and size. Returns: their names."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "skinedge"
    threads = results.measured[0].threads
    shown = [measured for measured in results.measured if measured.threads == threads]
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(8, 0.5 * len(shown) + 1.6), layout="constrained")
    axes = figure.subplots()
    _bars(axes, shown)
    axes.set_xlabel(f"milliseconds, median of each stage, {threads} thread{'s' if threads > 1 else ''}")
    figure.savefig(folder / "latency.svg", metadata={"Date": None})
    return ["latency.svg"]


STAGES = {"decode": "#9db4c0", "prepare": "#f4a261", "program": "#2a6f97", "network": "#2a6f97", "triage": "#333333"}
"""Colours by stage: what runs inside an exported program or a network is of one colour."""


def _bars(axes: Axes, shown: Sequence[Measured]) -> None:
    labelled: set[str] = set()
    for position, measured in enumerate(reversed(shown)):
        left = 0.0
        for stage, taken in measured.stages_ms.items():
            width = float(np.median(taken))
            name = "program or network" if stage in ("program", "network") else stage
            axes.barh(position, width, left=left, color=STAGES[stage], label=None if name in labelled else name)
            labelled.add(name)
            left += width
        axes.text(left, position, f" {left:.0f} ms, {measured.program_bytes / 1e6:.1f} MB", va="center", fontsize=8)
    axes.set_yticks(range(len(shown)), [measured.contestant for measured in reversed(shown)])
    axes.margins(x=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
