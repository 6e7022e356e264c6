"""Metrics as tables, for the terminal and for a model card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table

from skinedge.evaluation.bootstrap import Figure
from skinedge.evaluation.metrics import Metrics

NOT_DEFINED = "–"

PERCENT, PLAIN = True, False


def metrics_table(metrics: Metrics) -> Table:
    """A table for the terminal: the whole, then the recall of each class. Intervals are 95 % over patients."""
    table = Table(title=_caption(metrics), title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    for name, figure, percent in _whole(metrics):
        table.add_row(name, _value(figure, percent), _interval(figure, percent))
    table.add_section()
    for label, of_class in metrics.per_class.items():
        recall = of_class.recall
        table.add_row(f"Recall of {label} (n = {of_class.n})", _value(recall, PERCENT), _interval(recall, PERCENT))
    return table


def metrics_markdown(metrics: Metrics) -> str:
    """Markdown for a model card: the whole, each class, and the confusion matrix."""
    whole = [(name, cell(figure, percent)) for name, figure, percent in _whole(metrics)]
    classes = [
        (
            label,
            str(one.n),
            *(cell(figure, PERCENT) for figure in (one.recall, one.precision, one.specificity)),
            cell(one.auc, PLAIN),
        )
        for label, one in metrics.per_class.items()
    ]
    labels = tuple(metrics.per_class)
    confusion = [(label, *map(str, row)) for label, row in zip(labels, metrics.confusion, strict=True)]
    return "\n\n".join(
        [
            f"{_caption(metrics)}. In brackets: 95 % interval, by drawing patients with replacement.",
            markdown_table(("figure", "value"), whole),
            "Drawing photos again makes a calibration error larger, so its interval can lie above the value.",
            markdown_table(("class", "photos", "recall", "precision", "specificity", "AUC"), classes),
            markdown_table(("truth \\ answer", *labels), confusion),
        ]
    )


def _whole(metrics: Metrics) -> list[tuple[str, Figure, bool]]:
    return [
        ("Balanced accuracy", metrics.bacc, PERCENT),
        ("Accuracy", metrics.acc, PERCENT),
        ("AUC, mean over classes", metrics.auc, PLAIN),
        ("Malignancy AUC", metrics.malignancy_auc, PLAIN),
        ("Malignant photos referred (sensitivity)", metrics.malignancy_sensitivity, PERCENT),
        ("Benign photos not referred (specificity)", metrics.malignancy_specificity, PERCENT),
        ("Melanomas referred", metrics.melanoma_sensitivity, PERCENT),
        ("All photos referred", metrics.referral_rate, PERCENT),
        ("Calibration error (ECE)", metrics.ece, PLAIN),
        ("Calibration error of malignancy", metrics.malignancy_ece, PLAIN),
    ]


def _caption(metrics: Metrics) -> str:
    threshold = metrics.refer_threshold
    score = "the threshold of their fold" if threshold is None else f"a score of {threshold:.3f}"
    return f"{metrics.n:,} photos of {metrics.patients:,} patients, referred from {score}"


def _number(value: float, percent: bool) -> str:
    return f"{100 * value:.1f}" if percent else f"{value:.3f}"


def _value(figure: Figure, percent: bool) -> str:
    if figure.value is None:
        return NOT_DEFINED
    return _number(figure.value, percent) + (" %" if percent else "")


def _interval(figure: Figure, percent: bool) -> str:
    if figure.low is None or figure.high is None:
        return NOT_DEFINED
    return f"{_number(figure.low, percent)} to {_number(figure.high, percent)}"


def cell(figure: Figure, percent: bool) -> str:
    """A value with its interval in brackets, where they are defined."""
    return _value(figure, percent) + (f" ({_interval(figure, percent)})" if figure.low is not None else "")


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """A Markdown table: `words` columns aligned to the left, and the others, of numbers, to the right."""
    rule = ["---"] * words + ["---:"] * (len(heads) - words)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))
