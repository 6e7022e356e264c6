"""`load_dataset` and what it gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from skinedge import ConfigError, DataError, load_dataset
from skinedge.datasets.synthetic import write_synthetic
from tests import fakes


def test_records_are_counted_yielded_and_found_by_position(tmp_path: Path) -> None:
    data = load_dataset(str(write_synthetic(tmp_path / "lesions", photos=12)))
    assert len(data) == len(list(data)) == 12
    record = data[0]
    assert record is next(iter(data)) and record.photo is not None and record.patient_id.startswith("PAT_")
    assert record.answers_to(fakes.contract().fields).keys() == {"age_years", "itch", "region"}
    assert record.answers.keys() > {"age_years", "itch", "region"}


def test_what_is_no_data_set_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown data set 'isic': expected one of pad-ufes-20"):
        load_dataset(tmp_path, name="isic")
    with pytest.raises(DataError, match=r"no metadata\.csv"):
        load_dataset(tmp_path)
