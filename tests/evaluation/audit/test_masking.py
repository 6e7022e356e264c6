"""A model that reads the class from missing answers is found out; one that does not passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.evaluation.audit.masking import blocks, leave_out, pattern_effect
from skinedge.evaluation.audit.report import PatternEffect
from skinedge.evaluation.audit.run import audit_model
from skinedge.evaluation.audit.subject import Subject
from skinedge.evaluation.audit.subset import most_answered, of_every_label
from skinedge.evaluation.predict import Model
from tests.evaluation.audit.planted import model

uses_missing = model(lambda level, missing: 0.9 - 0.08 * missing)
ignores_missing = model(lambda level, missing: level)
rounds_only = model(lambda level, missing: level + 1e-8 * missing)


def effect(of: Model, folder: Path) -> PatternEffect:
    data = read_pad_ufes_20(folder)
    return pattern_effect(of, data.records, data.with_photos(), bases=6, rounds=50)


def test_a_model_that_uses_missing_answers_is_found_out(leaking: Path) -> None:
    found = effect(uses_missing, leaking)
    assert found.mean_auc.value == 1 and found.mean_distance == 0.5
    assert found.largest_change == pytest.approx(0.16) and found.patterns == 2


def test_the_other_way_round_it_is_caught_too(leaking: Path) -> None:
    contrary = model(lambda level, missing: 0.1 + 0.08 * missing)
    found = audit_model(read_pad_ufes_20(leaking), "grouped", contrary, photos=3)
    assert found.missingness.mean_auc.value == 0
    assert found.missingness_auc == 1


@pytest.mark.parametrize("innocent", [ignores_missing, rounds_only])
def test_a_model_that_ignores_missing_answers_is_not(innocent: Model, leaking: Path) -> None:
    found = effect(innocent, leaking)
    assert found.mean_auc.value == 0.5 and found.mean_distance == 0


def test_leaning_both_ways_shows_in_the_distance(leaking: Path) -> None:
    data = read_pad_ufes_20(leaking)
    flip = {"sign": 1.0, "level": -1.0}

    def two_faced(level: float, missing: int) -> float:
        # Turns over at every other photo.
        if level != flip["level"]:
            flip["sign"], flip["level"] = -flip["sign"], level
        return 0.5 + flip["sign"] * 0.03 * missing

    found = pattern_effect(model(two_faced), data.records, data.with_photos(), bases=6, rounds=0)
    assert found.mean_auc.value == pytest.approx(0.5) and found.mean_distance == 0.5


def test_blocks_are_single_questions_and_what_belongs_together() -> None:
    found = blocks(uses_missing.contract)
    assert found["itch"] == ("itch",)
    assert found["all symptoms"] == ("itch", "grew", "hurt", "changed", "bleed", "elevation")
    assert found["the long form"] == ("smoke", "drink")
    assert len(found["all answers"]) == 10


def test_leaving_answers_out_turns_decisions(synthetic: Path) -> None:
    data = read_pad_ufes_20(synthetic)
    # Refers with up to four missing answers: an answer more or less turns no decision, all of them turn every one.
    harsh = model(lambda level, missing: 0.9 - 0.08 * missing, threshold=0.55)
    subject = Subject.of(harsh, of_every_label(data.with_photos(), 12))
    found = {change.name: change for change in leave_out(subject, rounds=50)}
    everything = found["all answers"]
    assert everything.photos == 12 and everything.refer_to_watch == int((subject.scores >= 0.55).sum()) > 0
    assert everything.watch_to_refer == 0
    assert found["age_years"].mean_change.value == pytest.approx(-0.08)
    assert found["age_years"].decisions_changed.value is not None
    answered = sum(record.answers["smoke"] is not None for record in subject.records)
    assert found["smoke"].photos == answered < 12, "an answer that is not there cannot be left out"


def test_subsets_are_of_every_label_and_always_the_same(synthetic: Path) -> None:
    records = read_pad_ufes_20(synthetic).with_photos()
    chosen = of_every_label(records, 12)
    assert chosen == of_every_label(records, 12) and len(chosen) == 12
    assert len({record.label for record in chosen}) == 6
    assert of_every_label(records, 1000) == records
    missing = np.ones((len(records), 3), dtype=bool)
    missing[[1, 5]] = [True, False, False]
    assert most_answered(records, missing, 9).tolist() == [1, 5]
