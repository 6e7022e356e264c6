"""The audit as one HTML page, without scripts, external resources, or patients' photos and numbers."""

from __future__ import annotations

from pathlib import Path

from skinedge.evaluation.audit import plots
from skinedge.evaluation.audit.image_statistics import HASH_BITS
from skinedge.evaluation.audit.overlap import NEAR_BITS
from skinedge.evaluation.audit.report import Report
from skinedge.evaluation.bootstrap import Figure
from skinedge.evaluation.table import NOT_DEFINED
from skinedge.files import write_whole
from skinedge.templates import environment

_WORDS = {"leak": "leak", "look": "look at", "clear": "clear"}


def page_html(report: Report) -> str:
    """The page as HTML text."""
    templates = environment("skinedge.evaluation.audit")
    templates.filters |= {"auc": auc, "percent": percent}
    model = report.model
    pictures = {
        "overlap": plots.overlap_plot(report.data),
        "baselines": plots.baselines_plot(report.data),
        "missingness": plots.missingness_plot(report.data),
        "scenes": plots.scenes_plot(report.data),
        "patterns": plots.patterns_plot(model) if model else None,
        "blanking": plots.changes_plot(model.blanking) if model else None,
        "robustness": plots.changes_plot(model.robustness) if model else None,
    }
    return templates.get_template("page.html.jinja").render(
        report=report,
        data=report.data,
        model=model,
        pictures=pictures,
        words=_WORDS,
        near_bits=NEAR_BITS,
        hash_bits=HASH_BITS,
    )


def write_page(report: Report, path: Path) -> Path:
    """Writes the page, completely or not at all. Raises: OSError where it cannot be written there."""
    write_whole(path, page_html(report))
    return path


def auc(figure: Figure) -> str:
    """A figure as text: 0.531 (0.500 to 0.557)."""
    if figure.value is None:
        return NOT_DEFINED
    interval = "" if figure.low is None or figure.high is None else f" ({figure.low:.3f} to {figure.high:.3f})"
    return f"{figure.value:.3f}{interval}"


def percent(figure: Figure) -> str:
    """A share as text: 53.1 % (50.0 to 55.7)."""
    if figure.value is None:
        return NOT_DEFINED
    measured = figure.low is not None and figure.high is not None
    interval = f" ({100 * (figure.low or 0):.1f} to {100 * (figure.high or 0):.1f})" if measured else ""
    return f"{100 * figure.value:.1f} %{interval}"
