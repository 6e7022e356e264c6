"""Subgroups: their members, their figures, and that small ones have none."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet, Record
from skinedge.evaluation.metrics import Predictions, measure
from skinedge.evaluation.out_of_fold import OutOfFold
from skinedge.evaluation.subgroups import NOT_RECORDED, REGIONS, Subgroup, subgroups
from skinedge.questionnaire import COLUMNS

Answers = tuple[Predictions, tuple[Record, ...]]


@pytest.fixture
def answered(tested: OutOfFold, contract: Contract, data: DataSet) -> Answers:
    records = data.with_photos()
    return tested.predictions(contract, data), tuple(records[i] for i in tested.rows)


def named(found: tuple[Subgroup, ...], kind: str) -> dict[str, Subgroup]:
    return {group.name: group for group in found if group.kind == kind}


def test_a_groups_figures_are_those_of_its_photos_alone(answered: Answers) -> None:
    p, records = answered
    found = subgroups(p, records, bootstrap_rounds=30)
    biopsied = np.array([record.biopsied for record in records])
    alone = measure(
        replace(
            p,
            probabilities=p.probabilities[biopsied],
            labels=p.labels[biopsied],
            patient_ids=p.patient_ids[biopsied],
            refer_threshold=np.asarray(p.refer_threshold)[biopsied],
        ),
        bootstrap_rounds=30,
    )
    group = named(found, "label")["biopsied only"].figures
    assert group is not None
    assert (group.photos, group.patients) == (alone.n, alone.patients)
    assert group.malignancy_auc == alone.malignancy_auc
    assert (group.sensitivity, group.specificity) == (alone.malignancy_sensitivity, alone.malignancy_specificity)
    everyone = named(found, "label")["all photos"].figures
    assert everyone is not None and everyone.photos == 240 and everyone.malignant == group.malignant


def test_ages_are_cut_at_the_birthday_and_every_region_has_its_place(answered: Answers) -> None:
    p, records = answered
    aged = tuple(
        replace(record, answers={**record.answers, "age_years": (None, "39", "40", "59", "60")[i % 5]})
        for i, record in enumerate(records)
    )
    ages = named(subgroups(p, aged, bootstrap_rounds=0), "age in years")
    assert list(ages) == ["18 to 39", "40 to 59", "60 to 79", NOT_RECORDED]
    sizes = [group.figures.photos for group in ages.values() if group.figures]
    assert sizes == [48, 96, 48, 48]
    assert sorted(place for places in REGIONS.values() for place in places) == sorted(COLUMNS["region"].choices)


@pytest.mark.parametrize(
    ("patients", "malignant", "benign", "measured"),
    [(20, 5, 25, True), (19, 5, 25, False), (20, 4, 26, False), (20, 26, 4, False)],
)
def test_a_small_group_has_a_name_and_no_figures(
    answered: Answers, patients: int, malignant: int, benign: int, measured: bool
) -> None:
    p, records = answered
    count = malignant + benign
    some = replace(
        p,
        probabilities=p.probabilities[:count],
        labels=np.array([1] * malignant + [0] * benign),
        patient_ids=np.array([str(i % patients) for i in range(count)]),
        refer_threshold=0.4,
    )
    group = named(subgroups(some, records[:count], bootstrap_rounds=0), "label")["all photos"]
    assert (group.figures is not None) is measured
    if not measured:
        assert json.loads(group.model_dump_json()) == {"kind": "label", "name": "all photos", "figures": None}
