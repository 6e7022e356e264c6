"""Results as Markdown and terminal tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skinedge.benchmark.comparison import Change
from skinedge.benchmark.results import Results
from skinedge.benchmark.statistics import latency

if TYPE_CHECKING:
    from rich.table import Table

NOT_KNOWN = "–"
_HEADINGS = "candidate, threads, size MB, p50 ms, 95 % interval, p90 ms, p99 ms, decode ms, program ms, load s, peak MiB"
_LATENCY, _PARTS = (0, 1, 3, 4, 5, 6), (0, 1, 2, 7, 8, 9, 10)
"""Columns of `rows`."""


def rows(results: Results) -> list[list[str]]:
    """One row a candidate and number of threads, after a row of headings, which name the units."""
    table = [_HEADINGS.split(", ")]
    for measured in results.measured:
        found = latency(measured.total_ms, rounds=results.protocol.bootstrap_rounds)
        stages = {stage: float(np.median(taken)) for stage, taken in measured.stages_ms.items()}
        decode = stages.pop("decode", None)
        colds = measured.cold_starts
        peaks = [cold.peak_memory_mib for cold in colds if cold.peak_memory_mib is not None]
        table.append(
            [
                measured.candidate,
                str(measured.threads),
                f"{measured.program_bytes / 1e6:.2f}",
                f"{found.p50:.1f}",
                f"{found.low:.1f} to {found.high:.1f}",
                f"{found.p90:.1f}",
                f"{found.p99:.1f}",
                NOT_KNOWN if decode is None else f"{decode:.1f}",
                f"{sum(stages.values()):.1f}",
                f"{np.median([cold.load_ms for cold in colds]) / 1000:.2f}" if colds else NOT_KNOWN,
                f"{max(peaks):.0f}" if peaks else NOT_KNOWN,
            ]
        )
    return table


def change_rows(changes: Sequence[Change]) -> list[list[str]]:
    """One row a comparison, after a row of headings."""
    table = [["candidate", "threads", "ratio", "99 % interval", "verdict"]]
    for change in changes:
        interval = f"{change.low:.3f} to {change.high:.3f}"
        table.append([change.candidate, str(change.threads), f"{change.ratio:.3f}", interval, change.verdict])
    return table


def terminal_tables(results: Results) -> list[Table]:
    """`rows` as two tables that fit 80 columns: latency, and its stages with size and memory."""
    table = rows(results)
    return [terminal_table([[line[column] for column in columns] for line in table]) for columns in (_LATENCY, _PARTS)]


def terminal_table(table: Sequence[Sequence[str]]) -> Table:
    """A table that fits 80 columns: long names wrap, numbers do not."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    (name, *titles), *body = table
    result = Table(name, box=SIMPLE_HEAD, show_edge=False)
    for title in titles:
        result.add_column("\n".join(title.rsplit(" ", 1)), justify="right", no_wrap=True, vertical="bottom")
    for line in body:
        result.add_row(*line)
    return result


def markdown_table(table: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    head, *body = table
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def measured_on(results: Results) -> str:
    """One sentence with date, commit, machine and versions."""
    device = results.device
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    memory = "" if device.memory_gib is None else f" {device.memory_gib:g} GiB,"
    return (
        f"Measured {results.made_at} at commit {results.commit} on {device.processor}, {device.cores} cores,{memory} "
        f"{device.system}, Python {device.python}: {versions}."
    )
