"""The audit as tables for a terminal."""

from __future__ import annotations

from rich.table import Table

from skinedge.evaluation.audit.page import auc, percent
from skinedge.evaluation.audit.report import Change, Report

_COLOURS = {"leak": "red", "look": "yellow", "clear": "green"}


def findings_table(report: Report) -> Table:
    """The findings in words."""
    data = report.data
    table = Table(
        title=f"{data.rows:,} rows, {data.photos:,} photos, {data.patients:,} patients; split {report.split}: "
        f"{report.protocol}",
        title_justify="left",
    )
    table.add_column("")
    table.add_column("finding")
    for finding in report.findings:
        table.add_row(f"[{_COLOURS[finding.level]}]{finding.level}[/]", finding.text)
    return table


def figures_table(report: Report) -> Table:
    """AUCs, malignant against benign, of missing answers, baselines and shortcuts, and of missing answers in the model."""
    missingness = report.data.missingness
    table = Table(title="AUC, malignant against benign (95 % over patients)", title_justify="left")
    table.add_column("of")
    table.add_column("protocol")
    table.add_column("AUC", justify="right")
    table.add_row("best single missing answer", "all rows", auc(missingness.best))
    table.add_row("all missing answers, logistic regression", "grouped, all rows", auc(missingness.model))
    for baseline in report.data.baselines:
        table.add_row(baseline.name, baseline.protocol, auc(baseline.malignancy_auc))
    for shortcut in report.data.shortcuts:
        if shortcut.differs:
            table.add_row(shortcut.name, "all photos", auc(shortcut.malignant_auc))
    if report.model:
        table.add_section()
        table.add_row("missing answers, in the model", "photo and answers fixed", auc(report.model.missingness.mean_auc))
    return table


def changes_table(changes: tuple[Change, ...], title: str) -> Table:
    """The decisions that each change of the input changed; the page has the intervals, so that this fits 80 columns."""
    table = Table(title=title, title_justify="left")
    for name in ("change", "photos", "turned", "to watch", "to refer", "mean change", "mean |change|"):
        table.add_column(name, justify="left" if name == "change" else "right", no_wrap=name == "change")
    for change in changes:
        table.add_row(
            change.name,
            str(change.photos),
            percent(change.decisions_changed.model_copy(update={"low": None, "high": None})),
            str(change.refer_to_watch),
            str(change.watch_to_refer),
            _signed(change.mean_change.value),
            _signed(change.mean_absolute_change.value).lstrip("+"),
        )
    return table


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}"
