"""The pictures beside a model card: aggregates in one style, in files small enough to keep with the model."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from skinedge.evaluation.bootstrap import Bools, Floats, figure, patient_weights, weighted_auc, weighted_share
from skinedge.evaluation.metrics import Predictions
from skinedge.evaluation.risk_coverage import certainties, curve_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIGURE_FOLDER = "figures"
_BINS = 10
_INK, _GREY = "#333333", "#9a9a9a"
_COLOURS = ("#7a3b2e", "#c9772b", "#1f6f78", "#8a9a3b", "#5b4b8a", "#4c8bbf")
_STYLE: dict[str, Any] = {
    "font.size": 8,
    "axes.edgecolor": _GREY,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def draw_figures(folder: Path, predictions: Predictions, *, bootstrap_rounds: int = 1000) -> list[Path]:
    """Draws `FIGURES` into `folder`, as PNG files of 64 colours. Returns the files in that order."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = patient_weights(predictions.patient_ids, rounds=bootstrap_rounds, seed=0)
    paths = []
    for name, (draw, _) in FIGURES.items():
        path = folder / f"{name}.png"
        with _canvas(path) as picture:
            draw(picture, predictions, weights)
        paths.append(path)
    return paths


@contextmanager
def _canvas(path: Path) -> Iterator[Figure]:
    """A figure in the house style, saved without alpha channel and with few colours, to keep the file small."""
    from matplotlib import style
    from matplotlib.figure import Figure

    with style.context(_STYLE):
        # Not pyplot, which keeps figures and picks a backend that may need a screen. A plain Figure saves PNG through Agg.
        picture = Figure(figsize=(6.4, 3.0), layout="constrained")
        yield picture
        buffer = io.BytesIO()
        picture.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    Image.open(buffer).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)


def _reliability(picture: Figure, p: Predictions, weights: Floats) -> None:
    probabilities = p.probabilities.astype(np.float64)
    first, malignancy = picture.subplots(1, 2)
    _reliability_of(first, probabilities.max(axis=1), probabilities.argmax(axis=1) == p.labels, weights)
    first.set(title="First answer", xlabel="its probability", ylabel="share right")
    _reliability_of(malignancy, p.malignancy, p.is_malignant, weights)
    malignancy.set(title="Malignancy", xlabel="malignancy score", ylabel="share malignant")


def _reliability_of(axes: Axes, confidence: Floats, hit: Bools, weights: Floats) -> None:
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8, linestyle="--")
    bins = np.clip((confidence * _BINS).astype(int), 0, _BINS - 1)
    axes.bar((np.arange(_BINS) + 0.5) / _BINS, np.bincount(bins, minlength=_BINS) / len(bins), 0.9 / _BINS, color="#e4e0dc")
    for k in np.unique(bins):
        share = figure(weighted_share(hit, bins == k, weights))
        at = float(confidence[bins == k].mean())
        if share.low is not None and share.high is not None:
            axes.plot([at, at], [share.low, share.high], color=_COLOURS[0], linewidth=0.9)
        axes.plot(at, share.value or 0.0, marker="o", markersize=3.5, color=_COLOURS[0])
    axes.set(xlim=(0, 1), ylim=(0, 1))


def _roc(picture: Figure, p: Predictions, _: Floats) -> None:
    classes, malignancy = picture.subplots(1, 2)
    for axes in (classes, malignancy):
        axes.set_prop_cycle(color=_COLOURS)
    for k, label in enumerate(p.class_labels):
        _roc_of(classes, p.probabilities[:, k].astype(np.float64), p.labels == k, label)
    _roc_of(malignancy, p.malignancy, p.is_malignant, "malignancy")
    referred, malignant = p.referred, p.is_malignant
    if malignant.any() and not malignant.all():
        point = float(referred[~malignant].mean()), float(referred[malignant].mean())
        malignancy.plot(*point, marker="o", markersize=5, color=_INK, linestyle="none", label="at the refer thresholds")
    for axes, title in ((classes, "Each class against the rest"), (malignancy, "Malignant against benign")):
        axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8, linestyle="--", label="chance")
        axes.set(xlim=(0, 1), ylim=(0, 1.01), title=title, xlabel="1 - specificity", ylabel="sensitivity")
        axes.legend(loc="lower right")


def _roc_of(axes: Axes, scores: Floats, positive: Bools, name: str) -> None:
    from sklearn.metrics import roc_curve

    if positive.any() and not positive.all():
        auc = weighted_auc(scores, positive, np.ones((1, len(scores))))[0]
        axes.plot(*roc_curve(positive, scores)[:2], label=f"{name}, AUC {auc:.3f}")


def _risk_coverage(picture: Figure, p: Predictions, weights: Floats) -> None:
    panels = picture.subplots(1, 2)
    names = ("wrong first answers", "wrong advice")
    for axes, (question, (certainty, wrong)), name in zip(panels, certainties(p).items(), names, strict=True):
        curve = curve_of(certainty, wrong, weights)
        shares = np.linspace(0.05, 1, 96)
        rounds = np.stack([curve.risk_at(float(share)) for share in shares], axis=1)
        if len(rounds) > 1:
            low, high = np.nanpercentile(rounds[1:], [2.5, 97.5], axis=0)
            axes.fill_between(shares, low, high, color=_COLOURS[0], alpha=0.15, linewidth=0)
        axes.plot(shares, rounds[0], color=_COLOURS[0], label=f"AURC {curve.aurc()[0]:.3f}")
        axes.axhline(wrong.mean(), color=_GREY, linewidth=0.8, linestyle="--", label="certainty ignored")
        axes.set(xlim=(0, 1), title=question.capitalize(), xlabel="share of photos kept", ylabel=name)
        axes.set_ylim(bottom=0)
        axes.legend(loc="best")


def _confusion(picture: Figure, p: Predictions, _: Floats) -> None:
    picture.set_size_inches(3.6, 3.2)
    axes, classes = picture.subplots(), len(p.class_labels)
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (p.labels, p.probabilities.argmax(axis=1)), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Oranges", vmin=0, vmax=1.2)
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row, f"{count}", ha="center", va="center", color=_INK)
    axes.set(xticks=range(classes), yticks=range(classes), xticklabels=p.class_labels, yticklabels=p.class_labels)
    axes.set(xlabel="first answer", ylabel="truth")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


FIGURES: dict[str, tuple[Callable[[Figure, Predictions, Floats], None], str]] = {
    "reliability": (
        _reliability,
        "Reliability. Points: observed shares against predicted ones; bars through them are 95 % intervals over patients; "
        "grey bars: the share of photos at that score.",
    ),
    "roc": (_roc, "ROC curves, each photo judged at the temperature of its fold."),
    "risk_coverage": (
        _risk_coverage,
        "Risk and coverage: the share of mistakes among the photos kept when the least certain are set aside, with its "
        "95 % interval over patients.",
    ),
    "confusion": (_confusion, "First answers: counts, shaded by their share of the class."),
}
"""Function and caption of each picture, by the name of its file."""
