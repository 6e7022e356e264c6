"""Training end to end on synthetic lesions, small: the files of a run, and that a killed run ends like any other."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ConfigError, ContractError, TamperError
from skinedge.evaluation.figures import FIGURES
from skinedge.evaluation.metrics import measure
from skinedge.evaluation.open_models import open_models
from skinedge.evaluation.out_of_fold import OUT_OF_FOLD_FILE, OutOfFold
from skinedge.evaluation.protocols import evaluate
from skinedge.evaluation.run_folder import CHECKPOINT
from skinedge.models.checkpoint import WEIGHTS_FILE, load_checkpoint
from skinedge.training.recipe import Recipe, load_recipe
from skinedge.training.run import train
from tests.conftest import Command
from tests.training import ONE_NETWORK

# A quarter of the real side, so that an epoch takes about a second.
SMALL = {
    "side_px": 64,
    "low_side_px": 64,
    "low_side_epochs": 1,
    "batch_size": 8,
    "warmup_epochs": 0,
    "frozen_blocks": 2,
    **ONE_NETWORK,
}


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("synthetic") / "data", photos=48)


def small(**changes: object) -> Recipe:
    return load_recipe("edge").model_copy(update=SMALL | changes)


@pytest.fixture(scope="module")
def grouped_run(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("grouped") / "run"
    train(read_pad_ufes_20(synthetic), small(epochs=2), out, split="grouped", weights="none")
    return out


def test_a_grouped_run_leaves_a_calibrated_checkpoint_and_its_card(grouped_run: Path) -> None:
    checkpoint = load_checkpoint(grouped_run / CHECKPOINT)
    assert checkpoint.net.decoder is None
    assert checkpoint.contract.refer.target_sensitivity == 0.95
    assert checkpoint.contract.temperature != 1.0
    card = (grouped_run / CHECKPOINT / "model_card.md").read_text()
    assert "Against the answers alone" in card and "never a diagnosis" in card and "CC BY 4.0" in card
    assert (grouped_run / "final" / "curves.png").stat().st_size > 1000
    for name in FIGURES:
        assert (grouped_run / CHECKPOINT / "figures" / f"{name}.png").stat().st_size < 60_000
    assert not list((grouped_run / CHECKPOINT).rglob("*.npz"))


def test_out_of_fold_predictions_are_kept_beside_the_checkpoint(grouped_run: Path, synthetic: Path) -> None:
    kept, data = OutOfFold.load(grouped_run / OUT_OF_FOLD_FILE), read_pad_ufes_20(synthetic)
    assert sorted(kept.rows) == list(range(48)) and len(kept.temperatures) == 5
    for fold, model in enumerate(open_models(grouped_run)):
        assert model.contract.temperature == kept.temperatures[fold]
        assert model.contract.refer.value == kept.thresholds[fold]
    final = load_checkpoint(grouped_run / CHECKPOINT).contract
    metrics = measure(kept.predictions(final, data), bootstrap_rounds=0)
    recorded = json.loads((grouped_run / CHECKPOINT / "evaluation.json").read_text())["metrics"]
    assert metrics.malignancy_auc.value == recorded["malignancy_auc"]["value"]


def test_the_card_of_a_finished_run_is_made_anew_without_training(
    grouped_run: Path, synthetic: Path, skinedge: Command, tmp_path: Path
) -> None:
    checkpoint = grouped_run / CHECKPOINT
    names = ("model_card.md", "evaluation.json", "reference_scores.json", "figures/roc.png")
    before = [(checkpoint / name).read_bytes() for name in names]
    for name in names:
        (checkpoint / name).write_bytes(b"")
    code, out, _ = skinedge("card", grouped_run, "--data", synthetic)
    assert code == 0 and out.strip() == str(checkpoint / "model_card.md")
    assert [(checkpoint / name).read_bytes() for name in names] == before
    other = write_synthetic(tmp_path / "other", photos=12)
    code, out, err = skinedge("card", grouped_run, "--data", other)
    assert (code, out) == (1, "") and "not made from" in err.splitlines()[-1]
    code, out, err = skinedge("card", tmp_path, "--data", synthetic)
    assert (code, out) == (1, "") and "no model in" in err.splitlines()[-1]


def test_out_of_fold_evaluation_reruns_the_fold_models(grouped_run: Path, synthetic: Path) -> None:
    data = read_pad_ufes_20(synthetic)
    measured = evaluate(open_models(grouped_run), data, "grouped")
    recorded = json.loads((grouped_run / CHECKPOINT / "evaluation.json").read_text())["metrics"]
    assert measured.n == recorded["n"] == 48
    assert not measured.seen_in_training
    for name in ("bacc", "acc", "auc", "malignancy_auc", "malignancy_sensitivity"):
        assert getattr(measured, name).value == pytest.approx(recorded[name]["value"], abs=2e-3), name
    with pytest.raises(ConfigError, match="grouped"):
        evaluate(open_models(grouped_run), data, "all")


def test_a_checkpoint_asked_about_its_own_training_data_says_so(grouped_run: Path, synthetic: Path) -> None:
    measured = evaluate(open_models(grouped_run / CHECKPOINT), read_pad_ufes_20(synthetic), "pundhir2022")
    assert measured.seen_in_training and 0 < measured.n < 48


def test_a_folder_of_another_run_is_not_overwritten(grouped_run: Path, synthetic: Path) -> None:
    with pytest.raises(ConfigError, match="other settings"):
        train(read_pad_ufes_20(synthetic), small(epochs=1), grouped_run, split="grouped", weights="none")


def test_a_changed_byte_of_the_weights_is_found(grouped_run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(grouped_run / CHECKPOINT, copy)
    weights = bytearray((copy / WEIGHTS_FILE).read_bytes())
    weights[-1] ^= 1
    (copy / WEIGHTS_FILE).write_bytes(weights)
    with pytest.raises(TamperError, match=WEIGHTS_FILE):
        load_checkpoint(copy)
    (copy / WEIGHTS_FILE).unlink()
    with pytest.raises(ContractError, match=rf"no {WEIGHTS_FILE}"):
        load_checkpoint(copy)


@pytest.mark.parametrize(
    "more",
    [{}, {"soup": 2, "augmentation_cache": True, "reestimate_batchnorm": True, "distillation_epochs": 1, "epochs": 2}],
    ids=["one", "soup"],
)
def test_a_run_that_is_killed_and_started_again_ends_like_an_unbroken_one(
    synthetic: Path, tmp_path: Path, more: dict[str, object], skinedge: Command
) -> None:
    """The killed run has a process of its own; the others do without, and without importing torch again."""
    recipe = tmp_path / "small.toml"
    settings = {
        "name": "small",
        "epochs": 3,
        "optimizer": "adamw",
        "learning_rate": 0.001,
        "schedule": "cosine",
    }
    settings |= SMALL | more
    recipe.write_text("\n".join(f"{key} = {json.dumps(value)}" for key, value in settings.items()))

    def command(out: Path) -> list[str]:
        options = ["--data", str(synthetic), "--out", str(out), "--recipe", str(recipe), "--weights", "none"]
        return ["train", *options, "--split", "pundhir2022"]

    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert skinedge(*command(whole))[0] == 0

    process = subprocess.Popen(
        [sys.executable, "-m", "skinedge.cli", *command(broken)],
        env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    last = broken / "pundhir2022" / "last.ckpt"
    deadline = time.monotonic() + 120
    while not last.exists():
        assert process.poll() is None and time.monotonic() < deadline, "no checkpoint to kill after"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (broken / CHECKPOINT).exists(), "the run ended before it was killed"
    assert skinedge(*command(broken))[0] == 0

    assert (whole / CHECKPOINT / WEIGHTS_FILE).read_bytes() == (broken / CHECKPOINT / WEIGHTS_FILE).read_bytes()
    metrics = [json.loads((run / CHECKPOINT / "evaluation.json").read_text())["metrics"] for run in (whole, broken)]
    assert metrics[0] == metrics[1]
