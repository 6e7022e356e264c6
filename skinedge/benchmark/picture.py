"""One picture of a measurement: latency against agreement with the trained network, and size."""

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
"""Colours by stage: what runs inside an exported program or a network is of one colour."""
AGREEMENT = "decision_agreement"
MARKERS = "osD^vPX*<>"


def draw(
    results: Results, path: Path, accuracy: Mapping[str, float] | None = None, *, of: str = "synthetic lesions"
) -> None:
    """Writes an SVG: stages of each candidate at the first number of threads, and latency against accuracy and size.

    Args:
        accuracy: by candidate, the share of photos with the advice of the fp32 network; None takes the bundles' own.
        of: what the shares were counted on.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    threads = results.measured[0].threads
    shown = [measured for measured in results.measured if measured.threads == threads]
    if accuracy is None:
        accuracy = {one.candidate: one.agreement[AGREEMENT] for one in shown if AGREEMENT in one.agreement}
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(9, 0.45 * len(shown) + 5.2), layout="constrained")
    bars, dots = figure.subplots(2, 1, height_ratios=(0.45 * len(shown) + 0.8, 4))
    _bars(bars, shown)
    bars.set_xlabel(f"milliseconds, median of each stage, {threads} thread{'s' if threads > 1 else ''}")
    _dots(dots, results, [one for one in shown if one.candidate in accuracy], accuracy, of)
    # The ids in the file come from this salt; matplotlib takes it from nowhere but its settings.
    with mpl.rc_context({"svg.hashsalt": "skinedge"}):
        figure.savefig(path, metadata={"Date": None})


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
    axes.set_yticks(range(len(shown)), [measured.candidate for measured in reversed(shown)])
    axes.margins(x=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)


def _dots(axes: Axes, results: Results, shown: Sequence[Measured], accuracy: Mapping[str, float], of: str) -> None:
    for measured, marker in zip(shown, MARKERS, strict=False):
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
    axes.set_ylabel(f"same advice as fp32 in torch, % of {of}")
    axes.set_xlim(left=0)
    axes.margins(y=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="best", markerscale=0.6)
