"""A picture of a measurement: latency against decision agreement with the trained network, and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skinedge.benchmark.results import Measured, Results
from skinedge.benchmark.statistics import latency

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STAGES = {"decode": "#9db4c0", "prepare": "#f4a261", "program": "#2a6f97", "network": "#2a6f97", "triage": "#333333"}
"""Colours by stage: one colour for exported program and network."""
AGREEMENT = "decision_agreement"
MARKERS = "osD^vPX*<>"


def draw(
    results: Results, path: Path, accuracy: Mapping[str, float] | None = None, *, of: str = "synthetic lesions"
) -> None:
    """Writes an SVG: stages of each candidate at the first number of threads, and latency against accuracy and size.

    Args:
        accuracy: by candidate, its decision agreement with the fp32 network; None for the one that bundles record.
        of: the photos that the agreement was counted on.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    threads = results.measured[0].threads
    measurements = [measured for measured in results.measured if measured.threads == threads]
    if accuracy is None:
        accuracy = {one.candidate: one.agreement[AGREEMENT] for one in measurements if AGREEMENT in one.agreement}
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(9, 0.45 * len(measurements) + 5.2), layout="constrained")
    bars, dots = figure.subplots(2, 1, height_ratios=(0.45 * len(measurements) + 0.8, 4))
    _bars(bars, measurements)
    bars.set_xlabel(f"milliseconds, median of each stage, {threads} thread{'s' if threads > 1 else ''}")
    _dots(dots, results, [one for one in measurements if one.candidate in accuracy], accuracy, of)
    # The ids in the file come from this salt, which matplotlib reads only from its settings.
    with mpl.rc_context({"svg.hashsalt": "skinedge"}):
        figure.savefig(path, metadata={"Date": None})


def _bars(axes: Axes, measurements: Sequence[Measured]) -> None:
    labelled: set[str] = set()
    for position, measured in enumerate(reversed(measurements)):
        left = 0.0
        for stage, taken in measured.stages_ms.items():
            width = float(np.median(taken))
            name = "program or network" if stage in ("program", "network") else stage
            axes.barh(position, width, left=left, color=STAGES[stage], label=None if name in labelled else name)
            labelled.add(name)
            left += width
        axes.text(left, position, f" {left:.0f} ms, {measured.program_bytes / 1e6:.1f} MB", va="center", fontsize=8)
    axes.set_yticks(range(len(measurements)), [measured.candidate for measured in reversed(measurements)])
    axes.margins(x=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)


def _dots(axes: Axes, results: Results, measurements: Sequence[Measured], accuracy: Mapping[str, float], of: str) -> None:
    for measured, marker in zip(measurements, MARKERS, strict=False):
        found = latency(measured.total_ms, rounds=results.protocol.bootstrap_rounds)
        axes.errorbar(
            found.p50,
            100 * accuracy[measured.candidate],
            xerr=[[found.p50 - found.low], [found.high - found.p50]],
            marker=marker,
            markersize=4 + 2.5 * np.sqrt(measured.program_bytes / 1e6),
            linestyle="none",
            alpha=0.75,
            label=f"{measured.candidate}, {measured.program_bytes / 1e6:.1f} MB",
        )
    axes.set_xlabel("milliseconds for a whole answer, median with its 95 % interval; areas are program sizes")
    axes.set_ylabel(f"decision agreement with fp32 in torch, % of {of}")
    axes.set_xlim(left=0)
    axes.margins(y=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="best", markerscale=0.6)
