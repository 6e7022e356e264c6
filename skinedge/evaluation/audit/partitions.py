"""The partitions of a split, training and test, in one form for every split."""

from __future__ import annotations

import numpy as np

from skinedge.datasets.pad_ufes_20 import DataSet, Record
from skinedge.datasets.splits import FOLDS, SplitName, grouped_folds, pundhir2022_parts, read_pundhir2022
from skinedge.evaluation.baseline import Parts

PROTOCOLS = {
    "grouped": "five folds, no patient in two of them; every image is tested once, by a model of the other four",
    "pundhir2022": "the paper's split: its part `test` against `fold1` to `fold5`, dealt by image, so that patients are in "
    "both partitions",
    "all": "no partitions: nothing is held out",
}


def partitions(data: DataSet, records: tuple[Record, ...], split: SplitName) -> Parts:
    """(training, test) indices in `records`: five pairs for `grouped`, one for `pundhir2022`, none for `all`.

    Raises: DataError where the data set is too small for folds, or lacks the split's file.
    """
    if split == "all":
        return []
    if split == "grouped":
        folds = grouped_folds(records)
        return [(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)) for fold in range(FOLDS)]
    test = pundhir2022_parts(data, records) == "test"
    return [(np.flatnonzero(~test), np.flatnonzero(test))]


def rows_of_split(data: DataSet, split: SplitName) -> tuple[Record, ...]:
    """The rows that a split names, with a photo or not."""
    if split != "pundhir2022":
        return data.records
    named = read_pundhir2022(data)
    return tuple(record for record in data.records if record.image_id in named)
