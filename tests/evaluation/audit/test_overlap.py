"""Patients, lesions and pictures in both partitions are counted, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.errors import DataError
from skinedge.evaluation.audit.image_statistics import image_statistics
from skinedge.evaluation.audit.overlap import duplicates, partitions_of
from skinedge.evaluation.audit.partitions import partitions, rows_of_split
from skinedge.evaluation.audit.report import Duplicates, Partitions
from tests.evaluation.audit.planted import read_rows, rewrite, write_parts, write_rows


def of_photos(folder: Path) -> tuple[Partitions, Duplicates]:
    data = read_pad_ufes_20(folder)
    records = data.with_photos()
    statistics = image_statistics(records)
    return partitions_of(records, partitions(data, records, "pundhir2022"), statistics), duplicates(records, statistics)


def test_lesion_numbers_of_two_patients_are_two_lesions(tmp_path: Path) -> None:
    # Rows 0 and 1 are one patient with two lesions; every lesion has the number 7 but row 1's.
    folder = write_rows(
        tmp_path / "d",
        count=30,
        change=lambda number, _: {"patient_id": "PAT_0", "lesion_id": "8"} if number == 1 else {},
    )
    write_parts(folder, {f"PAT_{n}_7_1.png": "test" if n in (0, 2, 3) else "fold1" for n in range(30)})
    data = read_pad_ufes_20(folder)
    found = partitions_of(data.records, partitions(data, data.records, "pundhir2022"))
    assert (found.patients.count, found.patients.of, found.lesions.count) == (1, 3, 0)
    assert found.patients.share == pytest.approx(1 / 3)


def test_grouped_folds_share_no_patient(synthetic: Path) -> None:
    data = read_pad_ufes_20(synthetic)
    found = partitions_of(data.records, partitions(data, data.records, "grouped"))
    assert found.patients.count == found.lesions.count == 0
    assert found.patients.of == len(data.records)
    assert partitions(data, data.records, "all") == []


def test_rows_that_the_split_does_not_name_are_left_out(tmp_path: Path) -> None:
    folder = write_rows(tmp_path / "d", count=30)
    write_parts(folder, {f"PAT_{n}_7_1.png": "test" for n in range(12)})
    data = read_pad_ufes_20(folder)
    assert len(rows_of_split(data, "pundhir2022")) == 12 and len(rows_of_split(data, "grouped")) == 30
    (folder / "split_pundhir2022.csv").unlink()
    with pytest.raises(DataError, match="no split_pundhir2022"):
        rows_of_split(data, "pundhir2022")


def test_synthetic_lesions_are_no_duplicates(synthetic: Path) -> None:
    found, pairs = of_photos(synthetic)
    assert found.near_duplicates is not None and found.near_duplicates.count == 0
    # Two photos of one synthetic lesion may be one picture; two lesions never are.
    assert (pairs.near_pairs_of_two_patients, pairs.exact_pairs) == (0, 0)


def test_planted_copies_across_the_split_are_found(own: Path) -> None:
    rows = read_rows(own)
    parts = {row["img_id"]: "fold1" for row in rows}
    source = own / "images" / rows[0]["img_id"].replace(".png", ".jpg")
    with Image.open(source) as image:
        whole = image.convert("RGB")
    other = next(row for row in rows if row["diagnostic"] != rows[0]["diagnostic"])
    for patient, picture in (
        ("PAT_901", whole),
        ("PAT_902", ImageEnhance.Brightness(whole.resize((140, 140))).enhance(1.1)),
    ):
        name = f"{patient}_5_1"
        # The first is saved without loss, so that its pixels stay the same; the second is compressed hard.
        if picture is whole:
            picture.save(own / "images" / f"{name}.png")
        else:
            picture.save(own / "images" / f"{name}.jpg", quality=60)
        rows.append({**other, "patient_id": patient, "lesion_id": "5", "img_id": f"{name}.png"})
        parts[f"{name}.png"] = "test"
    rewrite(own, rows)
    write_parts(own, parts)
    found, pairs = of_photos(own)
    assert found.near_duplicates is not None and found.exact_duplicates is not None
    assert (found.near_duplicates.count, found.near_duplicates.of, found.exact_duplicates.count) == (2, 2, 1)
    assert found.patients.count == 0, "only the pictures give them away"
    assert (pairs.exact_pairs, pairs.near_pairs_of_two_patients, pairs.near_pairs_of_two_labels) == (1, 3, 2)


def test_the_paper_s_split_shares_patients(real_data: Path) -> None:
    data = read_pad_ufes_20(real_data)
    rows = rows_of_split(data, "pundhir2022")
    found = partitions_of(rows, partitions(data, rows, "pundhir2022"))
    assert found.patients.share is not None and 0.50 <= found.patients.share <= 0.60
    assert found.lesions.share is not None and found.lesions.share < found.patients.share
    ids = np.array([row.patient_id for row in rows])
    assert found.patients.of < len(ids)
