"""Commands that take a training run: its folder or its checkpoint, and one line where the run was stopped."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ContractError
from skinedge.evaluation.run_folder import CHECKPOINT, RUN_FILE, checkpoint_in
from skinedge.models.checkpoint import WEIGHTS_FILE
from skinedge.runtime.bundle import default_bundle_path
from skinedge.training.recipe import load_recipe
from skinedge.training.run import train
from tests.conftest import Command
from tests.training import ONE_NETWORK

SMALL = {"side_px": 64, "low_side_px": 64, "low_side_epochs": 1, "batch_size": 8, "warmup_epochs": 0, "epochs": 1}


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("synthetic") / "data", photos=24)


@pytest.fixture(scope="module")
def finished(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished") / "run"
    recipe = load_recipe("edge").model_copy(update=SMALL | ONE_NETWORK | {"sr_target": "none", "frozen_blocks": 2})
    train(read_pad_ufes_20(synthetic), recipe, out, split="none", weights="none")
    return out


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A finished run to take something away from."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def commands(run: Path, data: Path, out: Path) -> dict[str, tuple[str | Path, ...]]:
    return {
        "card": ("card", run, "--data", data),
        "evaluate": ("evaluate", "--model", run, "--data", data),
        "abstain": ("abstain", run, "--data", data),
        "export": ("export", "--target", "onnx", "--precision", "fp32", "--model", run, "--out", out),
        "calibrate": ("calibrate", "--model", run, "--data", data),
        "audit": ("audit", data, "--model", run),
    }


@pytest.mark.parametrize("name", ["card", "evaluate", "abstain", "export", "calibrate", "audit"])
@pytest.mark.parametrize("stopped", ["before its weights", "before its contract"])
def test_a_run_that_was_stopped_is_one_line(
    skinedge: Command, run: Path, synthetic: Path, tmp_path: Path, name: str, stopped: str
) -> None:
    if stopped == "before its weights":
        shutil.rmtree(run / CHECKPOINT)
        (run / RUN_FILE).unlink()
    else:
        for file in run.joinpath(CHECKPOINT).iterdir():
            if file.name != WEIGHTS_FILE:
                shutil.rmtree(file) if file.is_dir() else file.unlink()
    code, out, err = skinedge(*commands(run, synthetic, tmp_path / "out")[name])
    assert (code, out) == (1, "") and err.count("\n") == 1 and err.startswith("skinedge: "), err
    if stopped == "before its weights":
        assert "is not finished" in err
    assert not (tmp_path / "out").exists()


def test_a_run_that_was_stopped_before_its_card(skinedge: Command, run: Path, synthetic: Path, tmp_path: Path) -> None:
    (run / CHECKPOINT / "model_card.md").unlink()
    wanted = commands(run, synthetic, tmp_path / "out")
    code, out, err = skinedge(*wanted["export"])
    assert (code, out) == (1, "") and "skinedge card" in err and err.count("\n") == 1
    assert skinedge(*wanted["evaluate"])[0] == 0
    assert skinedge(*wanted["card"])[0] == 0 and (run / CHECKPOINT / "model_card.md").is_file()
    (run / RUN_FILE).unlink()
    code, _, err = skinedge(*wanted["card"])
    assert code == 1 and RUN_FILE in err and err.count("\n") == 1


def test_what_tested_no_photo_has_no_limit_to_choose(skinedge: Command, finished: Path, synthetic: Path) -> None:
    code, out, err = skinedge("abstain", finished, "--data", synthetic)
    assert (code, out) == (1, "") and err.count("\n") == 1
    assert "was trained with --split none, which tests no photo: abstain needs a run with --split grouped" in err


def test_calibrate_says_whether_its_photos_are_those_of_training(
    skinedge: Command, finished: Path, synthetic: Path, tmp_path: Path
) -> None:
    other = write_synthetic(tmp_path / "other", photos=8, seed=9, side_px=104)
    for data, said in ((synthetic, False), (other, True)):
        code, _, err = skinedge("calibrate", "--model", finished, "--data", data, "--target", "nowhere")
        assert code == 1 and ("was not trained on" in err) == said


def test_a_folder_of_a_run_is_taken_for_its_checkpoint(run: Path, tmp_path: Path) -> None:
    assert checkpoint_in(run) == checkpoint_in(run / CHECKPOINT) == run / CHECKPOINT
    for folder, message in (
        (default_bundle_path(), "is a bundle"),
        (tmp_path, "no model in"),
        (tmp_path / "no", "no model"),
    ):
        with pytest.raises(ContractError, match=message):
            checkpoint_in(folder)
