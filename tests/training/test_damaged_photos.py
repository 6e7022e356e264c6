"""Training and evaluation read photos through the gate that screening has."""

from __future__ import annotations

from pathlib import Path

import pytest

from skinedge.contract import ImageSpec
from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import PhotoError
from skinedge.evaluation.audit.image_statistics import image_statistics
from skinedge.training.tensors import load_tensors


def test_a_hole_that_decoders_fill_is_refused(tmp_path: Path) -> None:
    folder = write_synthetic(tmp_path / "data", photos=12)
    photo = min((folder / "images").iterdir())
    data = photo.read_bytes()
    photo.write_bytes(data[: len(data) // 2] + bytes(512) + data[len(data) // 2 + 512 :])
    records = read_pad_ufes_20(folder).with_photos()
    with pytest.raises(PhotoError, match=f"{photo.name} is damaged or cut short: copy it again"):
        load_tensors(records, (), ImageSpec())
    with pytest.raises(PhotoError, match=f"{photo.name} is damaged or cut short: copy it again"):
        image_statistics(records)
