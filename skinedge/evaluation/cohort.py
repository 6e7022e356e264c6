"""Counts of the photos and patients of a data set, for the model card."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skinedge.contract import Frozen, ImageSpec
from skinedge.datasets.pad_ufes_20 import DataSet, Record
from skinedge.preprocess.photo import photo_size
from skinedge.questionnaire import COLUMNS, LABELS, MALIGNANT


class Spread(Frozen):
    """Least, median and greatest of some numbers."""

    least: float
    median: float
    greatest: float


class Count(Frozen):
    """A number of photos, of their patients, and of the photos of biopsied lesions."""

    photos: int
    patients: int
    biopsied: int


class Cohort(Frozen):
    """The photos of a data set. Only `rows` counts rows without a photo."""

    rows: int
    lesions: int
    everyone: Count
    malignant: Count
    benign: Count
    per_class: dict[str, Count]
    age_years: Spread | None
    """Over photos whose patient's age is recorded."""
    shorter_side_px: Spread
    unanswered: dict[str, Count]
    """By question: the photos without an answer to it."""


def describe(data: DataSet) -> Cohort:
    """Counts a data set; opens each photo for its size."""
    records = data.with_photos()
    ages = [float(age) for record in records if (age := record.answers["age_years"]) is not None]
    return Cohort(
        rows=len(data.records),
        # A lesion's number alone is not enough: two patients may have the same.
        lesions=len({(record.patient_id, record.lesion_id) for record in records}),
        everyone=_count(records),
        malignant=_count([record for record in records if record.label in MALIGNANT]),
        benign=_count([record for record in records if record.label not in MALIGNANT]),
        per_class={label: _count([record for record in records if record.label == label]) for label in LABELS},
        age_years=_spread(ages) if ages else None,
        shorter_side_px=_spread([_shorter_side_px(record) for record in records]),
        unanswered={
            question.name: _count([record for record in records if record.answers[question.name] is None])
            for question in COLUMNS.values()
        },
    )


def _count(records: Sequence[Record]) -> Count:
    return Count(
        photos=len(records),
        patients=len({record.patient_id for record in records}),
        biopsied=sum(record.biopsied for record in records),
    )


def _spread(values: Sequence[float]) -> Spread:
    return Spread(least=min(values), median=float(np.median(values)), greatest=max(values))


def _shorter_side_px(record: Record) -> int:
    assert record.photo is not None
    return min(photo_size(record.photo, ImageSpec()))
