"""The drift report: counted by hand, and against populations that the test itself samples."""

from __future__ import annotations

import json
import re
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.contract import Contract
from skinedge.errors import ContractError
from skinedge.exchange.drift import FEW, GROUPS, DriftReport, distance, drift_report
from skinedge.exchange.drift_page import page_html
from skinedge.exchange.statistics import (
    Share,
    chance_limit,
    equal_parts,
    grouped,
    mixture_share,
    stability_index,
)
from skinedge.records.visit import Record, spoken_visit_id
from skinedge.reference_scores import BINS, REFERENCE_FILE, ReferenceScores, bin_of
from tests.exchange import visits

REFERENCE = ReferenceScores.load(DEFAULT_CHECKPOINT / REFERENCE_FILE)


def sampled(seed: int, count: int, malignant: float, of: ReferenceScores = REFERENCE) -> list[int]:
    """Counts of scores as the reference's malignant and benign photos have them, in another proportion."""
    mixture = malignant * np.array(of.malignant) / sum(of.malignant) + (1 - malignant) * np.array(of.benign) / sum(of.benign)
    counts: list[int] = np.random.default_rng(seed).multinomial(count, mixture).tolist()
    return counts


def report(records: list[Record], **references: ReferenceScores) -> DriftReport:
    return drift_report(records, references, written_at=visits.START)


def test_counts_by_hand() -> None:
    records = [
        visits.followed(visits.record(1, 0.75), malignant=True),
        visits.followed(visits.record(2, 0.25, days=1), malignant=True),
        visits.followed(visits.overridden(visits.record(3, 0.25, days=8), "refer"), malignant=True),
        visits.followed(visits.record(4, 0.5, days=9), malignant=False),
        visits.followed(visits.record(5, 0.1, days=22), malignant=False, label="NEV"),
        visits.followed(visits.record(6, None, days=23), malignant=False),
        visits.followed(visits.followed(visits.record(7, 0.1, days=23), malignant=True), malignant=None, label="lost"),
        visits.record(8, 0.9, days=24),
    ]
    (model,) = report(records).models
    assert (model.refer.count, model.refer.of) == (3, 7)
    assert model.photograph_again == Share(count=1, of=8) and model.overridden == Share(count=1, of=8)
    assert model.referred_in_the_end == Share(count=4, of=8)
    assert model.imputed == {
        "age_years": Share(count=0, of=8), "itch": Share(count=0, of=8), "region": Share(count=8, of=8),
    }  # fmt: skip
    assert model.findings == 7
    assert (model.program.sensitivity.count, model.program.sensitivity.of) == (1, 4)
    assert (model.in_the_end.sensitivity.count, model.in_the_end.sensitivity.of) == (2, 4)
    assert (model.program.specificity.count, model.program.specificity.of, model.program.neither) == (1, 2, 1)
    assert sum(model.scores) == 7 and model.scores[25] == 2


def test_visits_that_somebody_must_act_on_are_listed() -> None:
    records = [
        visits.followed(visits.record(1, 0.25), malignant=True),
        visits.followed(visits.record(2, 0.75, days=1), malignant=True),
        visits.followed(visits.overridden(visits.record(3, 0.75, days=2), "watch"), malignant=True),
        visits.followed(visits.overridden(visits.record(4, 0.25, days=3), "refer"), malignant=True),
        visits.followed(visits.record(5, 0.25, days=4), malignant=False),
    ]
    made = report(records)
    assert [(one.visit_id, one.decision, one.program_decision) for one in made.not_referred] == [
        (visits.visit_id(3), "watch", "refer"),
        (visits.visit_id(1), "watch", "watch"),
    ]
    html = page_html(made)
    assert "Malignant and not referred: 2" in html and spoken_visit_id(visits.visit_id(3)) in html
    assert "Malignant and not referred" not in page_html(report(records[1:2]))


def test_weeks_begin_on_monday_and_have_no_gaps() -> None:
    weeks = report([visits.record(1), visits.record(2, 0.1, days=6.9), visits.record(3, None, days=21)]).weeks
    assert [week.monday for week in weeks] == [date(2026, 1, 5 + 7 * week) for week in range(4)]
    assert [sum(week.decisions.values()) for week in weeks] == [1, 1, 0, 1], (
        "6.9 days after Monday, half past nine, is a Monday"
    )


def test_a_change_of_model_shows() -> None:
    other = "00" * 32
    made = report([visits.record(2, days=9, model_sha256=other), visits.record(1)], **{other: REFERENCE})
    assert [model.model_sha256 for model in made.models] == [visits.MODEL_SHA256, other]
    assert made.models[0].distance is None and made.models[1].distance is not None
    assert "2 models gave answers" in page_html(made)


def test_few_scores_get_no_verdict() -> None:
    for found in ([0] * BINS, sampled(0, FEW - 1, 1.0)):
        assert distance(found, REFERENCE).verdict.startswith("Too few")


def test_the_same_people_are_seldom_called_different() -> None:
    """By chance 5 in 100 of them would be; the habitual limit of 0.1 lets more pass where there are many scores."""
    share = sum(REFERENCE.malignant) / sum(REFERENCE.counts)
    for count in (60, 300, 2000):
        alike = ["look like" in distance(sampled(seed, count, share), REFERENCE).verdict for seed in range(100)]
        assert sum(alike) >= 88


def test_another_mix_is_told_from_another_camera() -> None:
    healthy = distance(sampled(1, 1000, 0.05), REFERENCE)
    assert healthy.psi > 0.25 and "Another mix" in healthy.verdict
    assert healthy.best_malignant_share == pytest.approx(0.05, abs=0.03)
    # All scores in the middle, where the reference has few.
    middle = np.random.default_rng(0).multinomial(1000, [1 / 20 if 40 <= place < 60 else 0 for place in range(BINS)])
    assert "does not explain" in distance(middle.tolist(), REFERENCE).verdict


def test_the_limit_of_chance_is_about_right() -> None:
    """Samples of one population stay below it in about 95 of 100 cases."""
    rng, shape = np.random.default_rng(0), np.full(GROUPS, 1 / GROUPS)
    psis = [
        stability_index(rng.multinomial(1000, shape).tolist(), rng.multinomial(200, shape).tolist()) for _ in range(1000)
    ]
    assert 0.92 <= np.mean(np.array(psis) <= chance_limit(GROUPS, 1000, 200)) <= 0.98


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (45, 50, 0.7864, 0.9565), (1, 2, 0.0945, 0.9055)],
)
def test_wilson_intervals_of_the_books(count: int, of: int, low: float, high: float) -> None:
    """Checked with scipy.stats.binomtest(…).proportion_ci(method="wilson"), here beside the figures it gave."""
    from scipy.stats import binomtest

    exact = binomtest(count, of).proportion_ci(method="wilson")
    assert Share(count=count, of=of).interval == pytest.approx((exact.low, exact.high), abs=1e-6)
    assert Share(count=count, of=of).interval == pytest.approx((low, high), abs=1e-3)


def test_nothing_of_nothing() -> None:
    assert Share(count=0, of=0).value is None and Share(count=0, of=0).interval is None


@example([2, 0, 1], 3)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=40).filter(any), st.integers(1, 12))
def test_groups_hold_all_and_none_is_empty(counts: list[int], parts: int) -> None:
    cuts = equal_parts(counts, parts)
    groups = grouped(counts, cuts)
    assert sum(groups) == sum(counts) and 1 <= len(groups) <= parts and all(groups)
    assert cuts == sorted(set(cuts))


def test_a_mixture_is_found_again() -> None:
    found = [0.3 * a + 0.7 * b for a, b in zip([0, 100, 300], [500, 100, 0], strict=True)]
    assert mixture_share([0, 100, 300], [500, 100, 0], found) == pytest.approx(100 * 0.3 * 4 / (120 + 420), abs=0.02)


def test_bins_hold_every_score() -> None:
    assert (bin_of(0.0), bin_of(0.125), bin_of(1.0)) == (0, 12, BINS - 1)


def test_the_reference_is_of_the_model_of_this_install() -> None:
    contract = Contract.load(DEFAULT_CHECKPOINT)
    evaluation = json.loads((DEFAULT_CHECKPOINT / "evaluation.json").read_text("utf-8"))
    assert REFERENCE.weights_sha256 == contract.weights_sha256
    assert sum(REFERENCE.counts) == evaluation["metrics"]["n"]
    assert sum(REFERENCE.malignant) == evaluation["cohort"]["malignant"]["photos"]
    # The AUC of the histograms is that of the card, but for scores within one bin.
    below = np.cumsum(REFERENCE.benign) - REFERENCE.benign + np.array(REFERENCE.benign) / 2
    auc = np.dot(REFERENCE.malignant, below) / sum(REFERENCE.malignant) / sum(REFERENCE.benign)
    assert auc == pytest.approx(evaluation["metrics"]["malignancy_auc"]["value"], abs=0.005)


def test_another_file_is_no_reference(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "x.json").write_text("{}")
    for name in ("x.json", "none.json"):
        with pytest.raises(ContractError) as error:
            ReferenceScores.load(tmp_path / name)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("count", [0, 1, 120])
def test_the_page_fetches_nothing_runs_nothing_and_names_nobody(count: int) -> None:
    records = [
        visits.followed(visits.overridden(visits.record(n, n / 120, days=5 * n), "refer"), True) for n in range(count)
    ]
    html = page_html(drift_report(records, {visits.MODEL_SHA256: REFERENCE}, written_at=visits.START, unreadable=2))
    assert "<script" not in html and "<img" not in html and not re.search(r"""(src|href)=|url\(|@import|https?://""", html)
    for secret in ("P-0042", "Asha", "Neema", "It bleeds", visits.visit_id(1), "São João", "cd" * 32):
        assert secret not in html
    assert "no diagnosis" in html and "2 damaged visits" in html and "NaN" not in html and "None" not in html
    for drawing in re.findall(r"<svg.*?</svg>", html, re.S):
        ElementTree.fromstring(drawing)


def test_json_holds_values_and_intervals() -> None:
    document = json.loads(report([visits.record()]).model_dump_json())
    assert document["models"][0]["refer"]["value"] == 1.0 and len(document["models"][0]["refer"]["interval"]) == 2
