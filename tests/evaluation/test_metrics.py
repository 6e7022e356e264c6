"""Metrics against scikit-learn, on the data and on each bootstrap round."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console
from sklearn import metrics as sk

from skinedge.errors import DataError
from skinedge.evaluation.bootstrap import Figure, figure, patient_weights, weighted_auc, weighted_ece
from skinedge.evaluation.metrics import Metrics, Predictions, measure
from skinedge.evaluation.table import metrics_markdown, metrics_table

LABELS = ("ACK", "BCC", "MEL", "NEV", "SCC", "SEK")


def predictions(
    photos: int = 240, *, patients: int = 80, classes: tuple[int, ...] = tuple(range(6)), seed: int = 0
) -> Predictions:
    """A middling model: better than chance, often wrong, with tied scores."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, photos)
    logits = rng.normal(size=(photos, len(LABELS))).round(1)
    logits[np.arange(photos), labels] += 1.2
    probabilities = np.exp(logits)
    return Predictions(
        probabilities=probabilities / probabilities.sum(axis=1, keepdims=True),
        labels=labels,
        patient_ids=np.array([f"PAT_{i}" for i in rng.integers(0, patients, photos)]),
        class_labels=LABELS,
        malignant_indices=(1, 2, 4),
        refer_threshold=0.4,
    )


def only(p: Predictions, rows: np.ndarray) -> Predictions:
    return replace(p, probabilities=p.probabilities[rows], labels=p.labels[rows], patient_ids=p.patient_ids[rows])


def width(figure: Figure) -> float:
    assert figure.low is not None and figure.high is not None
    return figure.high - figure.low


def test_figures_equal_those_of_scikit_learn() -> None:
    p = predictions()
    m, predicted = measure(p, bootstrap_rounds=0), p.probabilities.argmax(axis=1)
    malignant, referred = np.isin(p.labels, [1, 2, 4]), p.malignancy >= 0.4
    assert m.n == 240
    assert m.patients == len(set(p.patient_ids))
    assert m.bacc.value == pytest.approx(sk.balanced_accuracy_score(p.labels, predicted))
    assert m.acc.value == pytest.approx(sk.accuracy_score(p.labels, predicted))
    assert m.auc.value == pytest.approx(sk.roc_auc_score(p.labels, p.probabilities, multi_class="ovr"))
    assert m.malignancy_auc.value == pytest.approx(sk.roc_auc_score(malignant, p.malignancy))
    assert m.malignancy_sensitivity.value == pytest.approx(sk.recall_score(malignant, referred))
    assert m.malignancy_specificity.value == pytest.approx(sk.recall_score(~malignant, ~referred))
    assert m.referral_rate.value == pytest.approx(referred.mean())
    assert m.melanoma_sensitivity.value == pytest.approx(referred[p.labels == 2].mean())
    assert np.array_equal(m.confusion, sk.confusion_matrix(p.labels, predicted))
    precision = sk.precision_score(p.labels, predicted, average=None)
    for k, (label, of_class) in enumerate(m.per_class.items()):
        assert label == LABELS[k]
        assert of_class.n == (p.labels == k).sum()
        assert of_class.recall.value == pytest.approx((predicted == k)[p.labels == k].mean())
        assert of_class.precision.value == pytest.approx(precision[k])
        assert of_class.specificity.value == pytest.approx((predicted != k)[p.labels != k].mean())
        assert of_class.auc.value == pytest.approx(sk.roc_auc_score(p.labels == k, p.probabilities[:, k]))


def test_calibration_error_by_hand() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.5, 0.5])
    correct = np.array([True, True, True, False, False, False])
    expected = (4 * (0.95 - 0.75) + 2 * (0.5 - 0.0)) / 6
    assert weighted_ece(confidence, correct, np.ones((1, 6))) == pytest.approx([expected])
    # Over- and underconfidence in different bins must not cancel.
    assert weighted_ece(np.array([0.4, 0.6]), np.array([True, False]), np.ones((1, 2))) == pytest.approx([0.6])


def test_each_round_equals_the_figures_of_the_photos_drawn() -> None:
    p = predictions()
    weights = patient_weights(p.patient_ids, rounds=40, seed=1)
    aucs = weighted_auc(p.probabilities[:, 1].astype(np.float64), p.labels == 1, weights)
    baccs = []
    for row, auc in zip(weights, aucs, strict=True):
        resampled = only(p, np.repeat(np.arange(len(p.labels)), row.astype(int)))
        assert auc == pytest.approx(sk.roc_auc_score(resampled.labels == 1, resampled.probabilities[:, 1]))
        baccs.append(sk.balanced_accuracy_score(resampled.labels, resampled.probabilities.argmax(axis=1)))
    bacc = measure(p, bootstrap_rounds=40, seed=1).bacc
    assert (bacc.low, bacc.high) == pytest.approx(tuple(np.percentile(baccs[1:], [2.5, 97.5])))


def test_photos_of_a_patient_are_drawn_together_and_patients_keep_their_number() -> None:
    ids = np.array(["a", "b", "a", "c", "b", "a"])
    weights = patient_weights(ids, rounds=250, seed=0)
    assert weights.shape == (251, 6)
    assert (weights[0] == 1).all()
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert np.array_equal(weights[:, 1], weights[:, 4])
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert len(np.unique(weights, axis=0)) > 5


def test_same_seed_same_intervals() -> None:
    p = predictions()
    first = measure(p, bootstrap_rounds=50, seed=4)
    assert first == measure(p, bootstrap_rounds=50, seed=4)
    assert first.bacc != measure(p, bootstrap_rounds=50, seed=5).bacc
    assert first.bacc.value == measure(p, bootstrap_rounds=50, seed=5).bacc.value


def test_interval_holds_the_value_and_narrows_with_more_patients() -> None:
    few, many = (measure(predictions(n, patients=n), bootstrap_rounds=300).acc for n in (60, 1500))
    for one in (few, many):
        assert one.low is not None and one.value is not None and one.high is not None
        assert one.low < one.value < one.high
    assert width(many) < width(few) / 2


def test_copies_of_photos_add_no_certainty_when_the_patient_is_the_same() -> None:
    p = predictions(patients=10_000)
    four_times = only(p, np.tile(np.arange(len(p.labels)), 4))
    as_strangers = replace(four_times, patient_ids=np.arange(len(four_times.labels)).astype(str))
    once, grouped, ungrouped = (measure(q, bootstrap_rounds=400).acc for q in (p, four_times, as_strangers))
    assert width(grouped) == pytest.approx(width(once))
    assert width(grouped) > 1.6 * width(ungrouped)


def test_absent_classes_are_null_and_macro_figures_are_over_those_present() -> None:
    p = predictions(classes=(0, 1, 3))
    m = measure(p, bootstrap_rounds=30)
    found = json.loads(m.model_dump_json())
    assert found["per_class"]["MEL"]["n"] == 0
    for name in ("recall", "precision", "specificity", "auc"):
        assert found["per_class"]["MEL"][name] == {"value": None, "low": None, "high": None}
    assert found["melanoma_sensitivity"]["value"] is None
    predicted = p.probabilities.argmax(axis=1)
    assert found["bacc"]["value"] == pytest.approx(np.mean([(predicted == k)[p.labels == k].mean() for k in (0, 1, 3)]))
    aucs = [sk.roc_auc_score(p.labels == k, p.probabilities[:, k]) for k in (0, 1, 3)]
    assert found["auc"]["value"] == pytest.approx(np.mean(aucs))


def test_one_class_alone_has_no_auc() -> None:
    m = measure(predictions(classes=(3,)), bootstrap_rounds=10)
    assert m.auc.value is m.malignancy_auc.value is m.per_class["NEV"].auc.value is None
    assert m.malignancy_sensitivity.value is None
    assert m.per_class["NEV"].specificity.value is None
    assert m.acc.value == m.bacc.value == m.per_class["NEV"].recall.value


def test_a_class_that_is_never_answered_has_no_precision() -> None:
    p = predictions()
    probabilities = p.probabilities.copy()
    probabilities[:, 5] = 0
    of_class = measure(
        replace(p, probabilities=probabilities / probabilities.sum(axis=1, keepdims=True)), bootstrap_rounds=0
    )
    assert of_class.per_class["SEK"].precision.value is None
    assert of_class.per_class["SEK"].recall.value == 0


def test_auc_is_about_order_only() -> None:
    rng = np.random.default_rng(0)
    scores, positive, ones = rng.uniform(size=90).round(2), rng.random(90) < 0.3, np.ones((1, 90))
    auc = weighted_auc(scores, positive, ones)
    shuffled = rng.permutation(90)
    assert weighted_auc(scores[shuffled], positive[shuffled], ones) == pytest.approx(auc)
    assert weighted_auc(np.exp(5 * scores), positive, ones) == pytest.approx(auc)
    assert weighted_auc(-scores, positive, ones) == pytest.approx(1 - auc)
    assert weighted_auc(np.zeros(90), positive, ones) == pytest.approx([0.5])
    assert weighted_auc(positive.astype(float), positive, ones) == pytest.approx([1.0])


def test_rounds_without_a_rare_class_are_left_out() -> None:
    assert figure(np.array([0.5, np.nan, 0.4, np.nan])).low == pytest.approx(0.4)
    assert figure(np.array([0.5, np.nan])).model_dump() == {"value": 0.5, "low": None, "high": None}
    assert figure(np.array([np.nan, 0.4])).model_dump() == {"value": None, "low": None, "high": None}


def test_json_is_what_its_readers_expect() -> None:
    m = measure(predictions(), bootstrap_rounds=20)
    found = json.loads(m.model_dump_json())
    assert {"n", "patients", "bacc", "acc", "auc", "malignancy_auc", "ece", "per_class"} <= set(found)
    assert type(found["n"]) is type(found["patients"]) is int
    assert set(found["bacc"]) == {"value", "low", "high"}
    assert Metrics.model_validate_json(m.model_dump_json()) == m


def test_referral_starts_at_the_threshold_itself() -> None:
    p = Predictions(
        probabilities=np.array([[0.25, 0.75], [0.5, 0.5], [0.75, 0.25]]),
        labels=np.array([1, 1, 0]),
        patient_ids=np.array(["a", "b", "c"]),
        class_labels=("NEV", "MEL"),
        malignant_indices=(1,),
        refer_threshold=0.5,
    )
    assert measure(p, bootstrap_rounds=0).malignancy_sensitivity.value == 1
    assert measure(replace(p, refer_threshold=0.51), bootstrap_rounds=0).malignancy_sensitivity.value == 0.5
    assert measure(replace(p, refer_threshold=0.2), bootstrap_rounds=0).malignancy_specificity.value == 0


def test_each_photo_may_have_its_own_threshold() -> None:
    p = predictions()
    one, same = (
        measure(p, bootstrap_rounds=20),
        measure(replace(p, refer_threshold=np.full(240, 0.4)), bootstrap_rounds=20),
    )
    assert same == one
    assert one.refer_threshold == 0.4
    thresholds = np.where(np.arange(240) < 100, 0.3, 0.6)
    m = measure(replace(p, refer_threshold=thresholds), bootstrap_rounds=20)
    referred = p.malignancy >= thresholds
    assert m.malignancy_sensitivity.value == pytest.approx(referred[p.is_malignant].mean())
    assert m.malignancy_specificity.value == pytest.approx((~referred)[~p.is_malignant].mean())
    assert m.referral_rate.value == pytest.approx(referred.mean())
    assert m.refer_threshold is None
    assert Metrics.model_validate_json(m.model_dump_json()) == m
    for bad in (thresholds[:-1], thresholds[:, None], np.full(240, np.nan), float("inf")):
        with pytest.raises(DataError, match=r"expected one finite number or \(240,\)"):
            replace(p, refer_threshold=bad)


def test_predictions_that_do_not_fit_are_refused() -> None:
    p = predictions(12)
    with pytest.raises(DataError, match="0 photos"):
        only(p, np.array([], dtype=int))
    with pytest.raises(DataError, match=r"expected \(12, 6\)"):
        replace(p, probabilities=p.probabilities[:, :5])
    with pytest.raises(DataError, match="not logits"):
        replace(p, probabilities=p.probabilities * 3)
    with pytest.raises(DataError, match="expected 0 to 5"):
        replace(p, labels=np.full(12, 6))


def test_tables_show_percent_intervals_and_gaps() -> None:
    m = measure(predictions(classes=(0, 1, 3)), bootstrap_rounds=30)
    assert m.bacc.value is not None and m.bacc.low is not None and m.bacc.high is not None
    markdown = metrics_markdown(m)
    assert (
        f"| Balanced accuracy | {100 * m.bacc.value:.1f} % ({100 * m.bacc.low:.1f} to {100 * m.bacc.high:.1f}) |" in markdown
    )
    assert "| MEL | 0 | – | – | – | – |" in markdown
    assert "| ACK | " + " | ".join(map(str, m.confusion[0])) + " |" in markdown
    console = Console(width=120, record=True, file=StringIO())
    console.print(metrics_table(m))
    text = console.export_text()
    assert f"{100 * m.bacc.value:.1f} %" in text
    assert "Recall of MEL (n = 0)" in text
