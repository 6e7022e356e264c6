"""Plots for the page: inline SVG with real text, made without a display."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from skinedge.evaluation.audit.findings import TELLING_AUC
from skinedge.evaluation.audit.report import Change, DataAudit, ModelAudit
from skinedge.evaluation.bootstrap import Figure

INK, WARM, COOL, PALE = "#3d3a36", "#a4492f", "#4a7c88", "#d9d4cb"
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_STYLE: dict[Any, object] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "skinedge",
    "font.size": 9.5,
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.edgecolor": "#8d877d",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "ytick.major.size": 0,
    "axes.axisbelow": True,
}


def overlap_plot(data: DataAudit) -> Markup | None:
    """Shares of test images whose patient, lesion or picture is in training; None for a split without partitions."""
    bars = []
    for partitions in data.overlap:
        where = "all rows" if partitions.unit == "rows" else "photos at hand"
        for what, share in (
            ("same patient", partitions.patients),
            ("same lesion", partitions.lesions),
            ("near-duplicate", partitions.near_duplicates),
            ("same pixels", partitions.exact_duplicates),
        ):
            if share is not None and share.share is not None:
                bars.append((f"{what}, {where}", 100 * share.share))
    if not bars:
        return None

    def draw(axes: Axes) -> None:
        axes.barh([name for name, _ in bars], [value for _, value in bars], color=WARM, height=0.6)
        for row, (_, value) in enumerate(bars):
            axes.text(value + 1, row, f"{value:.1f} %", va="center")
        axes.set_xlim(0, 100)
        axes.set_xlabel("% of test images")

    return draw_svg(draw, rows=len(bars))


def baselines_plot(data: DataAudit) -> Markup:
    """AUC, malignant against benign, of missing answers, baselines and shortcuts."""
    points = [
        ("best single missing answer", data.missingness.best, WARM),
        ("all missing answers (logistic regression)", data.missingness.model, WARM),
        *((f"{b.name.split(' (')[0]}, {b.protocol}", b.malignancy_auc, COOL) for b in data.baselines),
        *((s.name, s.malignant_auc, INK) for s in data.shortcuts if s.differs),
    ]
    return draw_svg(lambda axes: _forest(axes, points), rows=len(points))


def missingness_plot(data: DataAudit) -> Markup:
    """How often the answer to each question is missing, benign and malignant."""
    flags = data.missingness.flags

    def draw(axes: Axes) -> None:
        for row, flag in enumerate(flags):
            benign, malignant = (100 * (share or 0) for share in (flag.benign_share, flag.malignant_share))
            axes.plot([benign, malignant], [row, row], color=PALE, linewidth=3, zorder=1)
            axes.scatter([benign], [row], color=COOL, zorder=2, label="benign" if row == 0 else None)
            axes.scatter([malignant], [row], color=WARM, zorder=3, label="malignant" if row == 0 else None)
        axes.set_yticks(range(len(flags)), [flag.question for flag in flags])
        axes.set_xlim(-2, 102)
        axes.set_xlabel("% of rows without an answer")
        _legend(axes)

    return draw_svg(draw, rows=len(flags))


def scenes_plot(data: DataAudit) -> Markup:
    """Shares of photos with pen and with hair, and their sharpness, by label."""
    names = [f"{scene.label} (n = {scene.marked.of})" for scene in data.scenes]
    pen = [100 * (scene.marked.share or 0) for scene in data.scenes]
    hair = [100 * (scene.hairy.share or 0) for scene in data.scenes]
    sharpness = [scene.median_sharpness or 0 for scene in data.scenes]

    def draw(axes: Axes) -> None:
        rows = np.arange(len(names))
        axes.barh(rows + 0.26, pen, color=COOL, height=0.24, label="% with pen")
        axes.barh(rows, hair, color=WARM, height=0.24, label="% with dark hair")
        axes.barh(rows - 0.26, sharpness, color=PALE, height=0.24, label="median sharpness")
        axes.set_yticks(rows, names)
        axes.set_xlim(0, max(10.0, *(1.15 * value for value in (*pen, *hair, *sharpness))))
        axes.set_xlabel("% of photos; variance of the Laplacian")
        _legend(axes)

    return draw_svg(draw, rows=2 * len(names))


def patterns_plot(model: ModelAudit) -> Markup:
    """AUC of the model's score for each base photo where only the pattern of missing answers varies."""
    effect = model.missingness

    def draw(axes: Axes) -> None:
        axes.axvspan(1 - TELLING_AUC, TELLING_AUC, color=PALE, alpha=0.6, linewidth=0)
        heights = [0.12 * ((index % 5) - 2) for index in range(len(effect.aucs))]
        axes.scatter(effect.aucs, heights, color=COOL, alpha=0.7, label="one base photo")
        _forest(axes, [("", effect.mean_auc, WARM)], span=(0, 1))
        axes.set_yticks([0], ["base photos,\nand their mean"])
        axes.set_ylim(-0.6, 0.6)

    return draw_svg(draw, rows=2)


def changes_plot(changes: Sequence[Change]) -> Markup:
    """Shares of decisions changed, from refer to watch and back."""

    def draw(axes: Axes) -> None:
        names = [f"{change.name} (n = {change.photos})" for change in changes]
        lost, gained = (
            [100 * count / change.photos if change.photos else 0 for count, change in zip(counts, changes, strict=True)]
            for counts in ([c.refer_to_watch for c in changes], [c.watch_to_refer for c in changes])
        )
        axes.barh(names, lost, color=WARM, height=0.6, label="from refer to watch")
        axes.barh(names, gained, left=lost, color=COOL, height=0.6, label="from watch to refer")
        longest = max([5.0, *(a + b for a, b in zip(lost, gained, strict=True))])
        for row, (change, a, b) in enumerate(zip(changes, lost, gained, strict=True)):
            mean = change.mean_change.value
            if mean is not None:
                axes.text(a + b + longest / 80, row, f"score {mean:+.3f}", va="center", fontsize=8)
        axes.set_xlim(0, 1.25 * longest)
        axes.set_xlabel("% of decisions changed; beside it, mean change of the score")
        _legend(axes)

    return draw_svg(draw, rows=len(changes))


def _forest(axes: Axes, points: Sequence[tuple[str, Figure, str]], *, span: tuple[float, float] = (0.4, 1)) -> None:
    low, high = span
    for row, (_, figure, colour) in enumerate(points):
        if figure.value is None:
            continue
        if figure.low is not None and figure.high is not None:
            axes.plot([figure.low, figure.high], [row, row], color=colour, linewidth=2)
            low = min(low, figure.low)
        low = min(low, figure.value)
        axes.scatter([figure.value], [row], color=colour, zorder=3)
    axes.axvline(0.5, color="#8d877d", linewidth=1, linestyle="--")
    axes.set_yticks(range(len(points)), [name for name, _, _ in points])
    axes.set_xlim(low - 0.01, high + 0.01)
    axes.set_xlabel("AUC, malignant against benign; 0.5 tells nothing")


def _legend(axes: Axes) -> None:
    # Above the picture, where no bar can lie under it.
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0, fontsize=8.5)


def draw_svg(draw: Callable[[Axes], None], *, rows: int) -> Markup:
    """A plot as inline SVG in the style of the page: `draw` fills axes that have this many named rows."""
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(8.2, 0.85 + 0.29 * rows), layout="constrained")
        axes = canvas.add_subplot()
        axes.grid(axis="x", color=PALE, linewidth=0.6)
        draw(axes)
        axes.invert_yaxis()
        file = io.StringIO()
        canvas.savefig(file, format="svg", metadata=_NO_METADATA, transparent=True)
    text = file.getvalue()
    # From the first tag on, without the names of groups: those of several pictures on one page would collide.
    return Markup(re.sub(r'<g id="[^"]*">', "<g>", text[text.index("<svg") :]))
