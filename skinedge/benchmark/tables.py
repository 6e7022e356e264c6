"""Results as Markdown and terminal tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skinedge.benchmark.comparison import Change
from skinedge.benchmark.results import Results
from skinedge.benchmark.statistics import latency


def rows(results: Results) -> list[list[str]]:
    """One row a candidate and number of threads, after a row of headings."""
    table = [
        ["candidate", "threads", "program", "p50", "95 % interval", "p90", "p99", "decode", "program ms", "load", "peak"]
    ]
    for measured in results.measured:
        found = latency(measured.total_ms, rounds=results.protocol.bootstrap_rounds)
        stages = {stage: float(np.median(taken)) for stage, taken in measured.stages_ms.items()}
        decode = stages.pop("decode", None)
        colds = measured.cold_starts
        table.append(
            [
                measured.candidate,
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
    table = [["candidate", "threads", "ratio", "99 % interval", "verdict"]]
    for change in changes:
        interval = f"{change.low:.3f} to {change.high:.3f}"
        table.append([change.candidate, str(change.threads), f"{change.ratio:.3f}", interval, change.verdict])
    return table


def markdown(table: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    head, *body = table
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def measured_on(results: Results) -> str:
    """One sentence: when, where and with what."""
    device = results.device
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return (
        f"Measured {results.made_at} at commit {results.commit} on {device.processor}, {device.cores} cores, "
        f"{device.memory_gib:g} GiB, {device.system}, Python {device.python}: {versions}."
    )
