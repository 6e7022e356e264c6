"""A run that cannot begin leaves nothing, and a folder of something else is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from skinedge.datasets.pad_ufes_20 import DataSet, read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ConfigError
from skinedge.training.recipe import load_recipe
from skinedge.training.run import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return read_pad_ufes_20(write_synthetic(tmp_path_factory.mktemp("data") / "lesions", photos=12, side_px=104))


@pytest.mark.parametrize(
    ("change", "weights", "split", "says"),
    [
        ({"backbone": "unheard_of", "frozen_blocks": 0}, "none", "none", "unknown backbone"),
        ({}, "no/such.safetensors", "none", "no weights at"),
        ({"sr_target": "edsr"}, "none", "none", "edsr"),
        ({}, "none", "nope", "unknown split 'nope'"),
    ],
)
def test_a_run_that_cannot_begin_leaves_no_folder(
    data: DataSet, tmp_path: Path, change: dict[str, object], weights: str, split: str, says: str
) -> None:
    recipe = load_recipe("edge").changed(**change)
    with pytest.raises(ConfigError, match=says):
        train(data, recipe, tmp_path / "run", split=split, weights=weights)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_a_folder_of_something_else_is_left_alone(data: DataSet, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(ConfigError, match="is no training run"):
        train(data, load_recipe("edge"), tmp_path, split="none", weights="none")
    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]
