"""The losses against their formulas, in double precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinedge.models.clinical import AnswerEncoder, Imputer
from skinedge.questionnaire import fields_named
from skinedge.training.losses import class_weights, imputation_loss, weighted_cross_entropy


@pytest.fixture(autouse=True)
def repeatable() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def equation_3(logits: NDArray[np.float64], labels: NDArray[np.int64], weights: NDArray[np.float64]) -> float:
    """-sum_i (w_i y_i log p_i + (1 - y_i) log(1 - p_i)), averaged over the batch, written out."""
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        p = np.exp(row) / np.exp(row).sum()
        for i in range(len(row)):
            y = float(i == label)
            total -= weights[i] * y * np.log(p[i]) + (1 - y) * np.log(1 - p[i])
    return total / len(logits)


@pytest.mark.parametrize("spread", [0.1, 2, 8])
def test_cross_entropy_is_equation_3(spread: float) -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, spread, (12, 6)), rng.integers(0, 6, 12)
    weights = rng.uniform(0.2, 4, 6)
    loss = weighted_cross_entropy(
        torch.tensor(logits, dtype=torch.float32), torch.tensor(labels), torch.tensor(weights, dtype=torch.float32)
    )
    assert loss.item() == pytest.approx(equation_3(logits, labels, weights), rel=1e-5)


def test_cross_entropy_by_hand() -> None:
    # Even probabilities: the true class costs w log 2, the other log 2.
    loss = weighted_cross_entropy(torch.zeros(1, 2), torch.tensor([1]), torch.tensor([7.0, 3.0]))
    assert loss.item() == pytest.approx(4 * np.log(2))


@pytest.mark.parametrize("size", [100.0, 1e4])
def test_large_logits_neither_overflow_nor_stop_the_gradient(size: float) -> None:
    for label, expected in ((0, 0.0), (1, 2 * size)):
        logits = torch.tensor([[size, 0.0, 0.0]], requires_grad=True)
        loss = weighted_cross_entropy(logits, torch.tensor([label]), torch.ones(3))
        loss.backward()  # type: ignore[no-untyped-call]
        # Called right: nothing. Called wrong: `size` for log p of the true class, and about `size` for log(1 - p_0).
        assert loss.item() == pytest.approx(expected, rel=1e-2, abs=1e-6)
        assert logits.grad is not None and logits.grad.isfinite().all()
        assert (logits.grad.abs().max() > 0.5) == (label == 1)


def test_the_gradient_of_equation_3_is_right() -> None:
    logits = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    labels, weights = torch.tensor([0, 4, 2, 2]), torch.rand(5, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: weighted_cross_entropy(x, labels, weights), (logits,))


def test_class_weights_are_inverse_to_the_counts_with_mean_one() -> None:
    labels = np.array([0] * 6 + [1] * 3 + [3] * 1)
    weights = class_weights(labels, 5)
    assert weights.dtype == torch.float32
    assert weights.tolist() == pytest.approx([10 / 18, 10 / 9, 0, 10 / 3, 0])
    assert weights[torch.from_numpy(labels)].mean() == pytest.approx(1)
    assert class_weights(np.array([0, 1, 2]), 3).tolist() == [1, 1, 1]


def test_a_lower_power_brings_class_weights_nearer_to_one() -> None:
    labels = np.array([0] * 6 + [1] * 3 + [3] * 1)
    assert class_weights(labels, 5, 0.5).tolist() == pytest.approx(
        [(10 / 18) ** 0.5, (10 / 9) ** 0.5, 0, (10 / 3) ** 0.5, 0]
    )
    assert class_weights(labels, 5, 0).tolist() == [1, 1, 0, 1, 0]


FIELDS = fields_named(("age_years", "itch", "gender", "region"))
AGE, ITCH, GENDER = 0, 1, slice(2, 4)


def one_of_each() -> tuple[Tensor, Tensor, list[tuple[str, slice]]]:
    """Encoded answers and guesses of two people, and the slots of FIELDS."""
    encoder = AnswerEncoder(FIELDS)
    imputer = Imputer(encoder, hidden=64)
    encoded, answered = encoder(torch.tensor([[1.5, 1.0, 0.0, 3.0], [0.5, 0.0, 1.0, 13.0]]))
    return encoded, imputer.guess(encoded, answered).detach(), imputer.kinds


def test_imputation_loss_is_squared_error_and_cross_entropy() -> None:
    encoded, guess, kinds = one_of_each()

    def loss(row: int, slot: int | slice) -> float:
        masked = torch.zeros_like(encoded)
        masked[row, slot] = 1
        return imputation_loss(guess, encoded, masked, kinds).item()

    g = guess.double().numpy()
    assert loss(0, AGE) == pytest.approx((g[0, AGE] - 1.5) ** 2)
    assert loss(0, ITCH) == pytest.approx(-np.log(g[0, ITCH]), rel=1e-5)
    assert loss(1, ITCH) == pytest.approx(-np.log(1 - g[1, ITCH]), rel=1e-5)
    assert loss(0, GENDER) == pytest.approx(-np.log(g[0, 2]) / 2, rel=1e-5)  # The mean over the two slots.
    assert loss(1, GENDER) == pytest.approx(-np.log(g[1, 3]) / 2, rel=1e-5)


def test_imputation_loss_counts_masked_slots_only() -> None:
    encoded, guess, kinds = one_of_each()
    masked = torch.zeros_like(encoded)
    masked[0, ITCH] = masked[1, GENDER] = 1
    free = guess.clone().requires_grad_()
    imputation_loss(free, encoded, masked, kinds).backward()  # type: ignore[no-untyped-call]
    assert free.grad is not None
    assert (free.grad[masked == 0] == 0).all()
    assert free.grad[0, ITCH] != 0 and free.grad[1, 3] != 0
    other = torch.where(masked == 1, guess, torch.rand_like(guess))
    assert imputation_loss(other, encoded, masked, kinds) == imputation_loss(guess, encoded, masked, kinds)


def test_imputation_loss_of_nothing_is_zero_and_of_certainty_finite() -> None:
    encoded, guess, kinds = one_of_each()
    assert imputation_loss(guess, encoded, torch.zeros_like(encoded), kinds) == 0
    wrong = (1 - encoded).clamp(0, 1).requires_grad_()
    loss = imputation_loss(wrong, encoded, torch.ones_like(encoded), kinds)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.isfinite() and loss > 1
    assert wrong.grad is not None and wrong.grad.isfinite().all()


def test_the_gradient_of_the_imputation_loss_is_right() -> None:
    encoded, guess, kinds = one_of_each()
    inside = guess.double().clamp(0.05, 0.95).requires_grad_()
    masked = (torch.rand_like(encoded) < 0.5).double()
    assert torch.autograd.gradcheck(lambda x: imputation_loss(x, encoded.double(), masked, kinds), (inside,))
