"""Plots the training log."""

from __future__ import annotations

import contextlib
from pathlib import Path

METRICS = "metrics.csv"


def set_aside(log: Path) -> None:
    """Renames the metrics of a run that was stopped, which Lightning's logger would delete when the run resumes."""
    metrics = log / METRICS
    if metrics.exists():
        metrics.replace(log / f"metrics-{len(list(log.glob('metrics-*.csv')))}.csv")


def draw_curves(log: Path, picture: Path) -> None:
    """Draws each quantity over the epochs, from all metrics in the folder `log`."""
    import pandas as pd
    from matplotlib.figure import Figure

    tables = []
    for file in log.glob("metrics*.csv"):
        # A run that is killed leaves a table without its end, or an empty one.
        with contextlib.suppress(pd.errors.EmptyDataError):
            tables.append(pd.read_csv(file, on_bad_lines="skip"))
    if not tables:
        return
    table = pd.concat(tables).sort_values("epoch")
    names = [name for name in table.columns if name not in ("epoch", "step")]
    # Not pyplot, which keeps figures and picks a backend for the whole process.
    figure = Figure(figsize=(3.2 * len(names), 2.6), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)
    for axis, name in zip(axes[0], names, strict=True):
        points = table[["epoch", name]].dropna()
        axis.plot(points["epoch"], points[name], marker=".", color="#7a3b2e")
        axis.set_title(name)
        axis.set_xlabel("epoch")
        axis.grid(alpha=0.3)
    figure.savefig(picture, dpi=110)
