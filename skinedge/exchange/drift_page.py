"""The drift report as one HTML page, without scripts, external resources, photos or persons."""

from __future__ import annotations

from markupsafe import Markup

from skinedge.exchange import charts
from skinedge.exchange.drift import FEW, LARGE, SMALL, DriftReport, ModelRecords
from skinedge.exchange.statistics import Share
from skinedge.records.visit import spoken_visit_id
from skinedge.templates import environment

SHOWN_WEEKS = 52


def page_html(report: DriftReport) -> str:
    """The page as HTML text."""
    templates = environment("skinedge.exchange")
    templates.filters |= {"percent": percent, "bar": _bar, "spoken": spoken_visit_id}
    return templates.get_template("drift.html.jinja").render(
        report=report,
        weeks=_weeks_chart(report),
        shown_weeks=SHOWN_WEEKS,
        scores=_scores_chart,
        limits={"few": FEW, "small": SMALL, "large": LARGE},
    )


def percent(share: Share) -> str:
    """12 of 40: 30 % (18 to 45)"""
    if share.value is None or share.interval is None:
        return "none yet"
    low, high = share.interval
    return f"{share.count} of {share.of}: {100 * share.value:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _bar(share: Share) -> Markup:
    return charts.interval_bar(share.value, share.interval)


def _weeks_chart(report: DriftReport) -> Markup:
    weeks = report.weeks[-SHOWN_WEEKS:]
    layers = [
        ("refer", charts.WARM, [week.decisions["refer"] for week in weeks]),
        ("watch", charts.COOL, [week.decisions["watch"] for week in weeks]),
        ("no answer", charts.PALE, [week.decisions["photograph again"] + week.decisions["cannot assess"] for week in weeks]),
    ]
    return charts.stacked_bars(
        [str(week.monday) for week in weeks], layers, title="Visits by week, and what the program said"
    )


def _scores_chart(model: ModelRecords) -> Markup:
    reference = model.distance.reference if model.distance else ()
    return charts.two_histograms(
        model.scores,
        reference or [0] * len(model.scores),
        threshold=model.threshold,
        title="Scores here and in the reference",
    )
