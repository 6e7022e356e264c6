from __future__ import annotations

import numpy as np
import pytest

from skinedge.errors import ConfigError, LoweringError
from skinedge.lowering.gates import Limits
from skinedge.lowering.parity.comparison import SYNTHETIC, Comparison, Parity, compare
from skinedge.lowering.recipe import load_export_recipe
from tests.fakes import contract


def probabilities(scores: list[float]) -> np.ndarray:
    """Rows whose malignancy score is the given one; the rest is the first benign label."""
    rows = np.zeros((len(scores), len(contract().labels)), dtype=np.float32)
    rows[:, contract().malignant_indices[0]] = scores
    benign = next(i for i in range(len(contract().labels)) if i not in contract().malignant_indices)
    rows[:, benign] = 1 - np.array(scores)
    return rows


def test_differences_and_changed_decisions_are_counted() -> None:
    threshold = contract().refer.value
    reference = probabilities([threshold - 0.1, threshold + 0.1, threshold + 0.2, threshold - 0.2])
    candidate = probabilities([threshold + 0.05, threshold + 0.1, threshold + 0.2, threshold - 0.2])
    parity = compare(contract(), reference, candidate, samples="made up")
    assert parity.decision_agreement == 0.75
    assert parity.largest_difference == pytest.approx(0.15, abs=1e-6)
    assert parity.bacc_change is None


def test_bacc_change_is_that_of_balanced_accuracy() -> None:
    reference = probabilities([0.9, 0.9, 0.1, 0.1])
    candidate = probabilities([0.1, 0.9, 0.1, 0.1])
    labels = np.array([contract().malignant_indices[0]] * 2 + [int(reference[2].argmax())] * 2)
    assert compare(contract(), reference, candidate, samples="x", labels=labels).bacc_change == pytest.approx(-0.25)


def test_a_model_that_answers_everything_alike_proves_nothing() -> None:
    same = probabilities([0.3, 0.3, 0.3])
    with pytest.raises(LoweringError, match="proves nothing"):
        compare(contract(), same, same, samples="x")


def melanomas(named: list[str], referred: list[float]) -> np.ndarray:
    """Rows of melanomas with this likeliest class and about this score."""
    labels, rows = contract().labels, np.full((len(named), len(contract().labels)), 0.01, dtype=np.float32)
    for row, name, score in zip(rows, named, referred, strict=True):
        row[labels.index("MEL")] = score / 2
        row[labels.index("BCC")] = score / 2
        row[labels.index(name)] += 1 - row.sum()
    return rows


def test_lost_melanomas_are_counted_by_referral_and_by_name() -> None:
    truth = np.full(4, contract().labels.index("MEL"))
    reference = melanomas(["MEL", "MEL", "NEV", "NEV"], [0.9, 0.8, 0.7, 0.2])
    candidate = melanomas(["MEL", "BCC", "NEV", "NEV"], [0.9, 0.8, 0.3, 0.2])
    comparison = Comparison(contract(), reference, candidate, "x", truth, names=("a", "b", "c", "d"))
    parity = comparison.parity()
    assert parity.melanoma_referred_change == pytest.approx(-0.25)
    assert parity.melanoma_named_change == pytest.approx(-0.25)
    assert parity.ece_change is not None and parity.ece_change != 0
    groups = {group.name: group for group in comparison.groups()}
    assert set(groups) == {"MEL", "malignant"} and groups["MEL"].n == 4
    assert groups["malignant"].referred - groups["malignant"].referred_by_program == pytest.approx(0.25)
    assert comparison.worst(1)[0][0] == "c"


def test_a_program_with_a_threshold_of_its_own_is_judged_by_it() -> None:
    reference, candidate = probabilities([0.6, 0.2, 0.9]), probabilities([0.45, 0.2, 0.9])
    assert Comparison(contract(), reference, candidate, "x").parity().decision_agreement == pytest.approx(2 / 3)
    assert (
        Comparison(contract(), reference, candidate, "x", program=contract(threshold=0.4)).parity().decision_agreement == 1.0
    )


LIMITS = Limits(
    bytes_per_weight=4,
    allowance_bytes=20,
    delegated_share=0.5,
    decision_agreement=0.98,
    synthetic_decision_agreement=0.95,
    synthetic_mean_difference=0.02,
    top1_agreement=0.9,
    bacc_loss=0.02,
    melanoma_loss=0.0,
    ece_rise=0.01,
    largest_difference=0.3,
)
GOOD = Parity(
    samples="photos",
    n=200,
    largest_difference=0.1,
    mean_difference=0.03,
    decision_agreement=0.98,
    top1_agreement=0.95,
    bacc_change=-0.01,
    melanoma_referred_change=0.0,
    melanoma_named_change=0.02,
    ece_change=0.005,
    spread=0.3,
)
ON_SYNTHETIC = Parity(
    samples=SYNTHETIC,
    n=96,
    largest_difference=0.1,
    mean_difference=0.01,
    decision_agreement=0.96,
    top1_agreement=0.95,
    spread=0.3,
)


def broken(size_bytes: int = 100, delegated_share: float | None = 0.5, *comparisons: Parity) -> list[str]:
    return LIMITS.broken(weights=20, size_bytes=size_bytes, delegated_share=delegated_share, comparisons=list(comparisons))


def test_limits_that_are_kept_pass() -> None:
    assert broken(100, 0.5, GOOD, ON_SYNTHETIC) == []


@pytest.mark.parametrize(
    ("of", "change"),
    [
        (GOOD, {"decision_agreement": 0.975}),
        (GOOD, {"top1_agreement": 0.89}),
        (GOOD, {"largest_difference": 0.31}),
        (GOOD, {"bacc_change": -0.021}),
        (GOOD, {"melanoma_referred_change": -0.01}),
        (GOOD, {"melanoma_named_change": -0.01}),
        (GOOD, {"ece_change": 0.011}),
        (ON_SYNTHETIC, {"decision_agreement": 0.94}),
        (ON_SYNTHETIC, {"mean_difference": 0.021}),
    ],
)
def test_every_limit_on_a_comparison_stops_an_export(of: Parity, change: dict[str, float]) -> None:
    (name,) = change
    found = broken(100, 0.5, GOOD, of.model_copy(update=change))
    assert len(found) == 1 and name.split("_")[0] in found[0] and of.samples in found[0]


def test_size_and_delegates_stop_an_export() -> None:
    assert "101, limit 100 (4 for each of 20 weights and 20)" in broken(101)[0]
    assert "delegated_share 0.400" in broken(100, 0.4)[0]
    assert "delegated_share" in broken(100, None)[0], "where delegates are asked for, none is not enough"


def test_synthetic_lesions_may_have_a_limit_of_their_own_on_the_largest_difference() -> None:
    far = ON_SYNTHETIC.model_copy(update={"largest_difference": 0.35})
    assert "largest_difference" in LIMITS.broken_by(far)[0]
    assert LIMITS.model_copy(update={"synthetic_largest_difference": 0.4}).broken_by(far) == []


def test_a_share_of_the_allowances_is_stricter_and_leaves_the_size() -> None:
    half = LIMITS.scaled(0.5)
    assert half.program_size_bytes(20) == 100 and half.decision_agreement == pytest.approx(0.99)
    assert half.largest_difference == pytest.approx(0.15) and half.bacc_loss == 0.02
    assert "decision_agreement" in half.broken_by(GOOD)[0]


def test_recipes_of_the_targets_load_and_unknown_ones_are_named() -> None:
    assert load_export_recipe("android").program == "skinedge.pte"
    assert load_export_recipe("ios").precision == "fp16"
    assert load_export_recipe("onnx").at("fp32").precision == "fp32"
    assert load_export_recipe("tflite").program == "skinedge.tflite"
    with pytest.raises(ConfigError, match="expected one of android, ios, onnx, tflite"):
        load_export_recipe("blackberry")
    with pytest.raises(ConfigError, match=r"no export recipe at nowhere\.toml"):
        load_export_recipe("nowhere.toml")
