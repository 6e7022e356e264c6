"""Splits of a data set: grouped folds, which keep each patient in one fold, and the paper's split, which leaks patients."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from skinedge.datasets.pad_ufes_20 import DataSet, Record, image_id_of, label_indices, patient_ids
from skinedge.datasets.table import read_table
from skinedge.errors import DataError

SplitName = Literal["grouped", "pundhir2022", "all"]
PUNDHIR_FILE = "split_pundhir2022.csv"
FOLDS = 5
GROUPED_SEED = 0
"""The seed of the grouped folds never changes, so that out-of-fold results of different runs stay comparable."""


def grouped_folds(records: tuple[Record, ...]) -> NDArray[np.int64]:
    """(N,) fold 0..4 of each record: stratified by label, no patient in two folds.

    Raises: DataError where there are fewer than five patients.
    """
    groups = patient_ids(records)
    if len(set(groups)) < FOLDS:
        raise DataError(f"{len(set(groups))} patients: expected at least {FOLDS} for {FOLDS} grouped folds")
    largest = np.bincount(label_indices(records)).max()
    if largest < FOLDS:
        raise DataError(f"{largest} photos of the commonest label: expected at least {FOLDS} for {FOLDS} grouped folds")
    folds = np.full(len(records), -1, dtype=np.int64)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=GROUPED_SEED)
    # scikit-learn warns of labels with fewer than five photos, which some folds lack; every figure names its labels.
    for fold, (_, test) in enumerate(splitter.split(np.zeros(len(records)), label_indices(records), groups)):
        folds[test] = fold
    return folds


def pundhir2022_parts(data: DataSet, records: tuple[Record, ...]) -> NDArray[np.str_]:
    """(N,) part (`test`, `fold1`..`fold5`) of each record in the paper's split.

    It leaks: about half of its test photos are of patients who also have training photos. For comparison only.

    Raises: DataError where the split file is missing or lacks a record.
    """
    parts = read_pundhir2022(data)
    for record in records:
        if record.image_id not in parts:
            raise DataError(
                f"{data.folder / PUNDHIR_FILE} does not name {record.image_id}: expected every image of the data set"
            )
    return np.array([parts[record.image_id] for record in records])


def read_pundhir2022(data: DataSet) -> dict[str, str]:
    """The part of each image that the split's file names. Raises: DataError where the file is missing or damaged."""
    path = data.folder / PUNDHIR_FILE
    if not path.exists():
        raise DataError(f"no {PUNDHIR_FILE} in {data.folder}: put the split's file there, or use --split grouped")
    table = read_table(path)
    missing = [name for name in ("img_id", "part") if name not in table.columns]
    if missing:
        raise DataError(f"{path} lacks the column {missing[0]!r}: expected img_id, part")
    return {image_id_of(row): row["part"] for row in table}
