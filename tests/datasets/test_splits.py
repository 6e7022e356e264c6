"""No patient is in two folds, and the folds are the same every time."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skinedge.datasets.pad_ufes_20 import DataSet, label_indices, patient_ids, read_pad_ufes_20
from skinedge.datasets.splits import FOLDS, PUNDHIR_FILE, grouped_folds, pundhir2022_parts
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import DataError


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return read_pad_ufes_20(write_synthetic(tmp_path_factory.mktemp("synthetic"), photos=200, seed=2, side_px=32))


@pytest.fixture(scope="module")
def real(real_data: Path) -> DataSet:
    return read_pad_ufes_20(real_data)


def folds_of_patients(data: DataSet) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for patient, fold in zip(patient_ids(data.with_photos()), grouped_folds(data.with_photos()), strict=True):
        found.setdefault(str(patient), set()).add(int(fold))
    return found


def test_no_synthetic_patient_is_in_two_folds(synthetic: DataSet) -> None:
    folds = folds_of_patients(synthetic)
    assert len(folds) < len(synthetic.records)  # Some patients have several photos, or this would test nothing.
    assert all(len(of_one) == 1 for of_one in folds.values())
    assert set.union(*folds.values()) == set(range(FOLDS))


def test_real_folds_hold_every_class_and_share_no_patient(real: DataSet) -> None:
    records = real.with_photos()
    folds, labels = grouped_folds(records), label_indices(records)
    assert all(len(of_one) == 1 for of_one in folds_of_patients(real).values())
    assert folds.shape == (1_024,) and folds.dtype == np.int64
    share = np.bincount(labels) / len(labels)
    for fold in range(FOLDS):
        counts = np.bincount(labels[folds == fold], minlength=6)
        assert counts.min() >= 5  # Melanomas: 40 in all.
        assert counts.sum() == pytest.approx(1_024 / FOLDS, rel=0.1)
        assert np.abs(counts / counts.sum() - share).max() < 0.03


def test_folds_are_the_same_each_time(synthetic: DataSet) -> None:
    state = np.random.get_state()
    first = grouped_folds(synthetic.records)
    np.random.seed(123)
    assert (grouped_folds(synthetic.records) == first).all()
    np.random.set_state(state)


def test_too_few_patients_or_photos_for_five_folds_is_an_error(synthetic: DataSet) -> None:
    one = synthetic.records[0]
    with pytest.raises(DataError, match=r"^4 patients: expected at least 5"):
        grouped_folds(tuple(replace(one, patient_id=f"PAT_{i % 4}") for i in range(20)))
    few = tuple(replace(one, patient_id=f"PAT_{i}", label=label) for i, label in enumerate(["ACK", "BCC", "MEL"] * 3))
    with pytest.raises(DataError, match=r"^3 photos of the commonest label: expected at least 5"):
        grouped_folds(few)


def test_parts_are_those_of_the_file(synthetic: DataSet) -> None:
    with (synthetic.folder / PUNDHIR_FILE).open(newline="") as file:
        named = {row["img_id"]: row["part"] for row in csv.DictReader(file)}
    records = synthetic.records[::-1]
    assert pundhir2022_parts(synthetic, records).tolist() == [named[f"{record.image_id}.png"] for record in records]


def test_the_real_parts_leak_as_expected(real: DataSet) -> None:
    records = real.with_photos()
    parts, patients = pundhir2022_parts(real, records), patient_ids(records)
    assert set(parts) == {"test", "fold1", "fold2", "fold3", "fold4", "fold5"}
    test = parts == "test"
    assert 0.1 < test.mean() < 0.25
    assert np.isin(patients[test], patients[~test]).mean() > 0.2


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, rf"no {PUNDHIR_FILE} in .*: put the split's file there, or use --split grouped"),
    "other columns": (lambda path: path.write_text("photo,part\na,test\n"), "lacks the column 'img_id'"),
    "an image less": (
        lambda path: path.write_text("\n".join(path.read_text().splitlines()[:-1])),
        r"does not name PAT_\w+: expected every image",
    ),
    "not text": (lambda path: path.write_bytes(b"img_id,part\n\xff\xfe,test\n"), "is not a CSV text file"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_bad_split_file_is_one_line(case: str, tmp_path: Path) -> None:
    data = read_pad_ufes_20(write_synthetic(tmp_path / "data", photos=8, side_px=16))
    spoil, says = SPOILED[case]
    spoil(data.folder / PUNDHIR_FILE)
    with pytest.raises(DataError, match=says) as error:
        pundhir2022_parts(data, data.records)
    assert "\n" not in str(error.value)
