"""Missing answers that give the class away are found, and none are found where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skinedge.datasets.pad_ufes_20 import patient_ids, read_pad_ufes_20
from skinedge.evaluation.audit.missingness import audit_missingness
from skinedge.evaluation.audit.report import Missingness
from skinedge.evaluation.bootstrap import patient_weights
from tests.evaluation.audit.planted import Row, write_rows

LONG_FORM = ("gender", "smoke", "drink", "fitspatrick")


def missingness(folder: Path, *, rounds: int = 100) -> Missingness:
    data = read_pad_ufes_20(folder)
    return audit_missingness(data, patient_weights(patient_ids(data.records), rounds=rounds, seed=0))


def test_a_form_that_is_missing_for_benign_lesions_only_tells_all(tmp_path: Path) -> None:
    def leak(number: int, malignant: bool) -> Row:
        return {} if malignant else dict.fromkeys(LONG_FORM, "")

    found = missingness(write_rows(tmp_path / "d", count=120, change=leak))
    assert found.best.value == 1 and found.best_question in ("gender", "smoke", "drink", "fitzpatrick_type")
    assert found.model.value == 1
    by_name = {flag.question: flag for flag in found.flags}
    assert (by_name["smoke"].benign_share, by_name["smoke"].malignant_share) == (1, 0)
    assert by_name["itch"].auc.value == 0.5


def test_answers_missing_for_malignant_lesions_only_tell_as_much(tmp_path: Path) -> None:
    found = missingness(
        write_rows(tmp_path / "d", count=120, change=lambda number, malignant: {"smoke": ""} if malignant else {})
    )
    assert found.best.value == 1 and found.best_question == "smoke"


def test_answers_missing_at_the_same_rate_tell_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    found = missingness(
        write_rows(
            tmp_path / "d",
            count=600,
            change=lambda number, malignant: {name: "" for name in LONG_FORM if rng.random() < 0.5},
        )
    )
    assert found.best.value is not None and 0.5 < found.best.value < 0.56
    assert found.model.value is not None and 0.42 < found.model.value < 0.58


def test_no_missing_answers_are_exactly_nothing(tmp_path: Path) -> None:
    found = missingness(write_rows(tmp_path / "d", count=60))
    assert (found.best.value, found.model.value, found.best_question, found.patterns) == (0.5, 0.5, None, 1)


def test_marked_unknown_is_told_from_empty(tmp_path: Path) -> None:
    def leak(number: int, malignant: bool) -> Row:
        return {"grew": "UNK"} if malignant else {"gender": ""}

    found = missingness(write_rows(tmp_path / "d", count=60, change=leak))
    assert found.best_unknown_question == "grew" and found.best_unknown.value == 1


def test_the_published_missing_answers_tell_as_much_as_published(real_data: Path) -> None:
    found = missingness(real_data)
    assert found.best.value is not None and 0.80 <= found.best.value <= 0.86
    assert found.model.value is not None and found.model.value >= found.best.value - 0.02
    assert found.best.low == pytest.approx(found.best.value, abs=0.05)
