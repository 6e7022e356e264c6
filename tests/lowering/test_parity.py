from __future__ import annotations

import numpy as np
import pytest

from skinedge.errors import ConfigError, GateError, LoweringError
from skinedge.lowering.parity import Parity, compare
from skinedge.lowering.recipe import Limits, load_export_recipe
from tests.fakes import contract


def probabilities(scores: list[float]) -> np.ndarray:
    """Rows whose malignancy score is the given one; the rest is the first benign label."""
    rows = np.zeros((len(scores), len(contract().labels)), dtype=np.float32)
    rows[:, contract().malignant_positions[0]] = scores
    benign = next(i for i in range(len(contract().labels)) if i not in contract().malignant_positions)
    rows[:, benign] = 1 - np.array(scores)
    return rows


def test_differences_and_changed_decisions_are_counted() -> None:
    threshold = contract().refer.value
    reference = probabilities([threshold - 0.1, threshold + 0.1, threshold + 0.2, threshold - 0.2])
    candidate = probabilities([threshold + 0.05, threshold + 0.1, threshold + 0.2, threshold - 0.2])
    parity = compare(contract(), reference, candidate, samples="made up")
    assert parity.refer_agreement == 0.75
    assert parity.largest_difference == pytest.approx(0.15, abs=1e-6)
    assert parity.bacc_change is None


def test_bacc_change_is_that_of_balanced_accuracy() -> None:
    reference = probabilities([0.9, 0.9, 0.1, 0.1])
    candidate = probabilities([0.1, 0.9, 0.1, 0.1])
    labels = np.array([contract().malignant_positions[0]] * 2 + [int(reference[2].argmax())] * 2)
    assert compare(contract(), reference, candidate, samples="x", labels=labels).bacc_change == pytest.approx(-0.25)


def test_a_model_that_answers_everything_alike_proves_nothing() -> None:
    same = probabilities([0.3, 0.3, 0.3])
    with pytest.raises(LoweringError, match="proves nothing"):
        compare(contract(), same, same, samples="x")


LIMITS = Limits(
    program_size_bytes=100,
    refer_agreement=0.98,
    drawn_refer_agreement=0.95,
    label_agreement=0.9,
    bacc_loss=0.02,
    largest_difference=0.3,
)
GOOD = Parity(
    samples="photos",
    n=200,
    largest_difference=0.1,
    mean_difference=0.01,
    refer_agreement=0.99,
    label_agreement=0.95,
    bacc_change=-0.01,
    spread=0.3,
)


def test_limits_that_are_kept_pass() -> None:
    LIMITS.check(100, [GOOD])


@pytest.mark.parametrize(
    ("size_bytes", "change", "named"),
    [
        (101, {}, "101 bytes"),
        (100, {"refer_agreement": 0.975}, "refer_agreement 0.975"),
        (100, {"label_agreement": 0.89}, "label_agreement"),
        (100, {"bacc_change": -0.021}, "bacc_loss"),
        (100, {"largest_difference": 0.31}, "largest_difference"),
    ],
)
def test_every_limit_stops_an_export(size_bytes: int, change: dict[str, float], named: str) -> None:
    with pytest.raises(GateError, match=named) as raised:
        LIMITS.check(size_bytes, [GOOD, GOOD.model_copy(update=change)])
    assert "\n" not in str(raised.value)


def test_recipes_of_the_targets_load_and_unknown_ones_are_named() -> None:
    assert load_export_recipe("android").program == "skinedge.pte"
    assert load_export_recipe("ios").precision == "fp16"
    assert load_export_recipe("onnx").at("fp32").precision == "fp32"
    assert load_export_recipe("tflite").program == "skinedge.tflite"
    with pytest.raises(ConfigError, match="expected one of android, ios, onnx, tflite"):
        load_export_recipe("blackberry")
    with pytest.raises(ConfigError, match=r"no export recipe at nowhere\.toml"):
        load_export_recipe("nowhere.toml")
