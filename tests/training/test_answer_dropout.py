"""After answer dropout, missing answers say nothing about the class; before it, they say nearly everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from skinedge.contract import MISSING
from skinedge.datasets.pad_ufes_20 import answer_matrix, label_indices, read_pad_ufes_20
from skinedge.evaluation.bootstrap import weighted_auc
from skinedge.questionnaire import ALWAYS_ASKED, COLUMNS
from skinedge.training.answer_dropout import AnswerDropout, missing_together
from skinedge.training.recipe import AnswerDropoutSettings

CLASSES = 6
MALIGNANT = (1, 2, 4)
FIELDS = tuple(COLUMNS.values())
Answers = NDArray[np.float32]
Labels = NDArray[np.int64]


@pytest.fixture(autouse=True)
def repeatable() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def real(real_data: Path) -> tuple[Answers, Labels]:
    """Answers (1933, 21) and labels of every row, with a photo or without."""
    records = read_pad_ufes_20(real_data).records
    return answer_matrix(records, FIELDS), label_indices(records)


def made_up(rows: int = 3000) -> tuple[Answers, Labels]:
    """Five questions: always answered; two that benign people are not asked; one, and another, that malignant ones
    often cannot say."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, rows)
    answers = rng.integers(0, 2, (rows, 5)).astype(np.float32)
    malignant = np.isin(labels, MALIGNANT)
    short_form = ~malignant & (rng.random(rows) < 0.4 + 0.1 * labels)
    answers[short_form, 1:3] = MISSING
    answers[malignant & (rng.random(rows) < 0.4), 3] = MISSING
    answers[(labels == 2) & (rng.random(rows) < 0.6), 4] = MISSING
    return answers, labels


def many(answers: Answers, labels: Labels, copies: int) -> tuple[AnswerDropout, NDArray[np.bool_], Labels]:
    """The dropout fitted to the data, and the missing answers it leaves in `copies` epochs."""
    dropout = AnswerDropout(answers, labels, CLASSES, AnswerDropoutSettings())
    repeated = np.tile(labels, copies)
    left = dropout(torch.from_numpy(np.tile(answers, (copies, 1))), torch.from_numpy(repeated))
    return dropout, left.numpy() < 0, repeated


def spread(missing: NDArray[np.bool_], labels: Labels) -> NDArray[np.float64]:
    """(F,) largest less smallest rate of missing answers of any class, for each question."""
    rates = np.array([missing[labels == label].mean(axis=0) for label in range(CLASSES)])
    return np.asarray(np.ptp(rates, axis=0))


def auc(missing: NDArray[np.bool_], labels: Labels) -> float:
    """How well the number of missing answers tells benign from malignant: a half is not at all."""
    fewer = -missing.sum(axis=1).astype(np.float64)
    return float(weighted_auc(fewer, np.isin(labels, MALIGNANT), np.ones((1, len(labels))))[0])


def test_every_class_ends_with_the_same_missing_answers_on_a_made_up_leak() -> None:
    answers, labels = made_up()
    assert spread(answers < 0, labels).max() > 0.5
    assert auc(answers[:, :3] < 0, labels) > 0.8
    dropout, missing, repeated = many(answers, labels, 20)
    assert dropout.groups == [[0], [1, 2], [3], [4]]
    assert spread(missing, repeated).max() < 0.03
    assert auc(missing, repeated) == pytest.approx(0.5, abs=0.03)
    assert auc(missing[:, :3], repeated) == pytest.approx(0.5, abs=0.03)


def test_every_class_ends_with_the_same_missing_answers_on_the_real_ones(real: tuple[Answers, Labels]) -> None:
    answers, labels = real
    assert answers.shape == (1_933, 21)
    assert spread(answers < 0, labels).max() > 0.8
    assert auc(answers < 0, labels) > 0.8
    _, missing, repeated = many(answers, labels, 80)
    assert spread(missing, repeated).max() < 0.03
    assert auc(missing, repeated) == pytest.approx(0.5, abs=0.03)


def test_questions_that_are_missing_together_are_found(real: tuple[Answers, Labels]) -> None:
    groups = missing_together(real[0] < 0)
    names = [{FIELDS[i].name for i in group} for group in groups]
    rest = {field.name for field in FIELDS} - set(ALWAYS_ASKED)
    assert len(rest) == 13 and rest in names
    assert {"grew", "changed"} in names
    assert sorted(i for group in groups for i in group) == list(range(21))


def test_a_mask_without_missing_answers_has_groups_of_one() -> None:
    assert missing_together(np.zeros((10, 3), dtype=bool)) == [[0], [1], [2]]
    assert missing_together(np.ones((10, 2), dtype=bool)) == [[0], [1]]


def test_answers_are_masked_or_left_never_changed() -> None:
    answers, labels = made_up(400)
    dropout = AnswerDropout(answers, labels, CLASSES, AnswerDropoutSettings())
    given = torch.from_numpy(answers.copy())
    left = dropout(given, torch.from_numpy(labels))
    assert (given.numpy() == answers).all()
    assert left.dtype == torch.float32
    assert ((left == given) | (left == MISSING)).all()
    assert 0 < (left == MISSING).float().mean() < 1
    assert not torch.equal(dropout(given, torch.from_numpy(labels)), left)


def test_groups_are_masked_as_a_whole() -> None:
    answers, labels = made_up()
    _, missing, _ = many(answers, labels, 1)
    assert (missing[:, 1] == missing[:, 2]).all()


def test_even_answers_that_are_never_missing_are_sometimes_masked() -> None:
    labels = np.arange(600) % CLASSES
    answers = np.ones((600, 4), dtype=np.float32)
    settings = AnswerDropoutSettings(minimum_rate=0.2, whole_form_rate=0.0)
    dropout = AnswerDropout(answers, labels, CLASSES, settings)
    inputs = torch.from_numpy(np.tile(answers, (50, 1))), torch.from_numpy(np.tile(labels, 50))
    missing = (dropout(*inputs) < 0).float()
    assert missing.mean(dim=0).tolist() == pytest.approx([0.2] * 4, abs=0.01)
    assert missing.prod(dim=1).mean() == pytest.approx(0.2**4, abs=0.002)
    whole = AnswerDropout(answers, labels, CLASSES, AnswerDropoutSettings(minimum_rate=0, whole_form_rate=0.3))
    missing = (whole(*inputs) < 0).float()
    assert set(missing.mean(dim=1).tolist()) == {0, 1}
    assert missing.mean() == pytest.approx(0.3, abs=0.02)


def test_a_class_without_rows_does_no_harm() -> None:
    answers, labels = made_up(600)
    seen = labels != 2
    dropout = AnswerDropout(answers[seen], labels[seen], CLASSES, AnswerDropoutSettings())
    for probability in (dropout.group_probability, dropout.field_probability):
        assert probability.isfinite().all() and probability.min() >= 0 and probability.max() <= 1
