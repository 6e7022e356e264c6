"""A run's folder: one run at work, states written in full or not at all, and nothing kept that is no finite number."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet, read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ConfigError, ContractError
from skinedge.evaluation.run_folder import CHECKPOINT
from skinedge.files import write_whole
from skinedge.locks import locked
from skinedge.models.checkpoint import WEIGHTS_FILE, load_checkpoint, save_checkpoint
from skinedge.training.folder import LOCK_FILE, alone_in
from skinedge.training.module import LesionModule
from skinedge.training.recipe import Recipe, load_recipe
from skinedge.training.resume import LAST, KeepState
from skinedge.training.run import train
from tests.conftest import Command
from tests.training import ONE_NETWORK

TINY = {"side_px": 64, "low_side_epochs": 0, "epochs": 2, "batch_size": 8, "frozen_blocks": 0, "answers_weight": 0}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return read_pad_ufes_20(write_synthetic(tmp_path_factory.mktemp("data") / "lesions", photos=12, side_px=104))


def tiny(**changes: object) -> Recipe:
    return load_recipe("edge").changed(**TINY | ONE_NETWORK | {"sr_target": "none"} | changes)


def run(data: DataSet, out: Path, **changes: object) -> Contract:
    return train(data, tiny(**changes), out, split="none", weights="none")


@pytest.fixture(scope="module")
def whole(data: DataSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    run(data, out)
    return out


class Killed(BaseException):
    """What a test ends a run with: nothing catches it."""


def broken_after(epoch: int, data: DataSet, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ended just after an epoch, counted from 0, was kept."""
    keep = KeepState.on_train_epoch_end

    def keep_and_end(self: KeepState, trainer: Any, module: Any) -> None:
        keep(self, trainer, module)
        if trainer.current_epoch == epoch:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(KeepState, "on_train_epoch_end", keep_and_end)
        run(data, out)


def test_a_run_goes_on_from_the_epoch_that_it_was_stopped_after(
    data: DataSet, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_after(0, data, tmp_path / "run", monkeypatch)
    epochs, step = [], LesionModule.training_step

    def counted(self: LesionModule, *arguments: Any) -> Any:
        epochs.append(self.current_epoch)
        return step(self, *arguments)

    monkeypatch.setattr(LesionModule, "training_step", counted)
    run(data, tmp_path / "run")
    assert epochs == [1]
    assert (tmp_path / "run" / CHECKPOINT / WEIGHTS_FILE).read_bytes() == (whole / CHECKPOINT / WEIGHTS_FILE).read_bytes()


def test_a_second_start_in_the_same_folder_is_refused(data: DataSet, tmp_path: Path, skinedge: Command) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        'name = "tiny"\nquestions = ["itch"]\nsr_target = "none"\nepochs = 1\nside_px = 64\nlow_side_px = 64\n'
    )
    out = tmp_path / "run"
    out.mkdir()
    (out / LOCK_FILE).touch()
    command = ["train", "--data", str(data.folder), "--out", str(out), "--recipe", str(recipe), "--weights", "none"]
    with locked(out / LOCK_FILE) as held:
        assert held
        code, printed, err = skinedge(*command, "--split", "none")
        assert (code, printed) == (1, "")
        assert "another run is at work in" in err.splitlines()[-1]
        assert [file.name for file in out.iterdir()] == [LOCK_FILE]
    assert skinedge(*command, "--split", "none")[0] == 0


def test_a_run_holds_its_folder_to_its_end_and_its_other_processes_may_enter(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, seen = tmp_path / "run", []
    step = LesionModule.training_step

    def look(self: LesionModule, *arguments: Any) -> Any:
        with locked(out / LOCK_FILE) as held:
            seen.append(held)
        return step(self, *arguments)

    monkeypatch.setattr(LesionModule, "training_step", look)
    run(data, out, epochs=1)
    assert seen == [False]
    with locked(out / LOCK_FILE) as held:
        assert held
        monkeypatch.setenv("RANK", "1")
        with alone_in(out):
            pass
        monkeypatch.setenv("RANK", "0")
        with pytest.raises(ConfigError, match="another run"), alone_in(out):
            pytest.fail("two runs in one folder")


def test_a_damaged_state_is_one_line(data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    broken_after(0, data, out, monkeypatch)
    last = out / "final" / LAST
    whole = last.read_bytes()
    flipped = bytearray(whole)
    flipped[len(flipped) // 2] ^= 4  # among the numbers, where torch does not look
    for damaged in (b"", whole[:500_000], bytes(flipped)):
        last.write_bytes(damaged)
        with pytest.raises(ConfigError, match=r"final/last\.ckpt is damaged or cut short: delete it") as error:
            run(data, out)
        assert "\n" not in str(error.value)


def test_a_full_disk_keeps_the_state_of_the_epoch_before(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str | bytes] = []

    def full(path: Path, content: str | bytes) -> None:
        if kept:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        kept.append(content)
        write_whole(path, content)

    with monkeypatch.context() as patch:
        patch.setattr("skinedge.training.resume.write_whole", full)
        with pytest.raises(ConfigError, match=r"last\.ckpt, the state of the epoch before is kept: the disk is full"):
            run(data, tmp_path / "run")
    assert (tmp_path / "run" / "final" / LAST).read_bytes() == kept[0]


def test_a_full_disk_at_the_end_keeps_the_earlier_checkpoint(
    data: DataSet, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    run(data, out, epochs=1)
    before = {file: file.read_bytes() for file in (out / CHECKPOINT).iterdir()}
    (out / CHECKPOINT / WEIGHTS_FILE).write_bytes(b"older")
    before[out / CHECKPOINT / WEIGHTS_FILE] = b"older"
    save_contract = Contract.save

    def full(self: Contract, folder: Path) -> None:
        save_contract(self, folder)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))

    monkeypatch.setattr(Contract, "save", full)
    with pytest.raises(OSError, match="No space left"):
        run(data, out, epochs=1)
    assert {file: file.read_bytes() for file in (out / CHECKPOINT).iterdir()} == before
    assert not list(out.glob(".*.tmp*"))


@pytest.mark.parametrize("epochs", [1, 2])
def test_training_that_diverges_stops_and_keeps_nothing(epochs: int, data: DataSet, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"training stopped .*learning_rate below 1e\+12") as error:
        run(data, tmp_path / "run", epochs=epochs, learning_rate=1e12)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run" / CHECKPOINT).exists() and not (tmp_path / "run" / "run.json").exists()


def test_weights_that_are_no_finite_numbers_are_neither_written_nor_read(whole: Path, tmp_path: Path) -> None:
    made = load_checkpoint(whole / CHECKPOINT)
    weights = load((whole / CHECKPOINT / WEIGHTS_FILE).read_bytes())
    name = next(iter(weights))
    weights[name].view(-1)[0] = float("nan")
    data = save(weights)
    # As an earlier version wrote them: with their hash.
    (tmp_path / WEIGHTS_FILE).write_bytes(data)
    made.contract.model_copy(update={"weights_sha256": hashlib.sha256(data).hexdigest()}).save(tmp_path)
    with pytest.raises(ContractError, match=rf"{WEIGHTS_FILE} cannot be used: 1 of its [\d,]+ weights are not finite"):
        load_checkpoint(tmp_path)
    with torch.no_grad():
        next(made.net.parameters()).fill_(np.inf)
    with pytest.raises(ContractError, match="the network cannot be saved"):
        save_checkpoint(tmp_path / "new", made.net, made.contract)
    assert not (tmp_path / "new").exists()


def test_a_log_that_was_cut_short_does_not_keep_a_run_from_resuming(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_after(0, data, tmp_path / "run", monkeypatch)
    (tmp_path / "run" / "final" / "log" / "metrics.csv").write_bytes(b"")
    run(data, tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["split"] == "none"
