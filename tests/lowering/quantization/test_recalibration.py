from __future__ import annotations

import numpy as np
import pytest

from skinedge.lowering.quantization.recalibration import divergence, recalibrate
from tests.fakes import contract


def logits(count: int = 60) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 2, (count, 4)).astype(np.float32)


def scores(values: np.ndarray, temperature: float) -> np.ndarray:
    exponentials = np.exp(values / temperature)
    return np.asarray((exponentials / exponentials.sum(axis=1, keepdims=True))[:, contract().malignant_indices].sum(axis=1))


def test_logits_that_int8_stretched_get_a_higher_temperature() -> None:
    exact = logits()
    fitted = recalibrate(contract(), exact, exact * 1.25)
    assert fitted.temperature == pytest.approx(1.25 * contract().temperature, rel=1e-3)
    assert divergence(exact, exact * 1.25, 1.0, fitted.temperature) == pytest.approx(0, abs=1e-9)


def test_the_threshold_stays_where_no_decision_changed() -> None:
    fitted = recalibrate(contract(threshold=0.3), logits(), logits())
    assert fitted.refer_threshold == 0.3
    assert "fewest changes of advice (0)" in fitted.chosen_on


def test_the_threshold_follows_scores_that_int8_lowered() -> None:
    exact = logits()
    quantized = exact.copy()
    quantized[:, contract().malignant_indices] -= 0.4
    fitted = recalibrate(contract(), exact, quantized)
    referred = scores(exact, contract().temperature) >= contract().refer.value
    before = scores(quantized, fitted.temperature) >= contract().refer.value
    after = scores(quantized, fitted.temperature) >= fitted.refer_threshold
    assert fitted.refer_threshold < contract().refer.value
    assert (before != referred).sum() > 2 > (after != referred).sum()


def test_the_threshold_below_which_to_watch_never_passes_that_of_referral() -> None:
    exact, limits = logits(), contract(threshold=0.5)
    both = limits.model_copy(update={"watch_below": limits.refer.model_copy(update={"value": 0.45})})
    quantized = exact.copy()
    quantized[:, both.malignant_indices] -= 0.8
    fitted = recalibrate(both, exact, quantized)
    assert fitted.watch_below is not None and fitted.watch_below <= fitted.refer_threshold < 0.5
    shipped = type(both).model_validate(fitted.apply(both).model_dump())
    assert shipped.watch_below is not None and shipped.watch_below.value == fitted.watch_below
    assert recalibrate(limits, exact, quantized).watch_below is None
