"""Several processes, as torchrun or SLURM start them, train the same network as one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from skinedge.contract import ModelConfig
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ConfigError
from skinedge.evaluation.out_of_fold import OUT_OF_FOLD_FILE, OutOfFold
from skinedge.training.photo_dataset import EpochShuffle, PhotoDataset, train_loader
from skinedge.training.tensors import Tensors

# Nothing is random, and the backbone keeps its batch statistics: runs can differ only in the batch normalisation of the one
# layer after it, which sees half a batch in each process.
RECIPE = """
name = "tiny"
questions = ["age_years", "region", "itch"]
sr_target = "none"
fusion = "concat"
epochs = 6
batch_size = 16
optimizer = "adamw"
learning_rate = 0.01
side_px = 64
frozen_blocks = 19
[augmentation]
flip_probability = 0
scale_low = 1.0
scale_high = 1.0
brightness = 0
contrast = 0
saturation = 0
noise = 0
[answer_dropout]
equalize = false
minimum_rate = 0
whole_form_rate = 0
"""


def photos(count: int) -> PhotoDataset:
    pixels, labels = torch.zeros(count, 3, 64, 64, dtype=torch.uint8), torch.zeros(count, dtype=torch.int64)
    return PhotoDataset(
        Tensors(pixels, torch.zeros(count, 1), labels), np.arange(count), ModelConfig(backbone="any", side_px=32)
    )


def shares(processes: int, *, count: int = 21, batch_size: int = 8, epoch: int = 3) -> list[list[int]]:
    found = []
    for process in range(processes):
        shuffle = EpochShuffle(photos(count), batch_size=batch_size, seed=1, process=process, processes=processes)
        shuffle.set_epoch(epoch)
        found.append(list(shuffle))
        assert len(found[-1]) == len(shuffle)
    return found


def test_two_processes_together_take_the_batches_of_one() -> None:
    (alone,), (first, second) = shares(1), shares(2)
    assert len(alone) == 16 and len(set(alone)) == 16
    for batch in range(2):
        together = first[4 * batch : 4 * batch + 4] + second[4 * batch : 4 * batch + 4]
        assert together == alone[8 * batch : 8 * batch + 8]
    assert shares(1, epoch=4) != [alone]


def test_a_batch_that_cannot_be_shared_out_is_reported() -> None:
    with pytest.raises(ConfigError, match="got 3 processes for batches of 8"):
        train_loader(photos(8), batch_size=8, seed=0, process=0, processes=3)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The same training by one process and, started by torchrun, by two."""
    folder = tmp_path_factory.mktemp("processes")
    data = write_synthetic(folder / "synthetic", photos=72)
    (folder / "tiny.toml").write_text(RECIPE)
    out = {}
    for processes in (1, 2):
        out[processes] = folder / f"by-{processes}"
        launcher = [] if processes == 1 else ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
        command = [sys.executable, *launcher, "-m", "skinedge.cli", "train", "--devices", str(processes)]
        command += ["--data", str(data), "--out", str(out[processes]), "--recipe", str(folder / "tiny.toml")]
        done = subprocess.run(
            [*command, "--split", "pundhir2022", "--weights", "none"],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
    return out


def test_two_processes_end_where_one_does(runs: dict[int, Path]) -> None:
    one, two = (OutOfFold.load(runs[processes] / OUT_OF_FOLD_FILE) for processes in (1, 2))
    assert np.array_equal(one.rows, two.rows) and len(one.rows) > 5
    one_predicts, two_predict = torch.from_numpy(one.logits).softmax(1), torch.from_numpy(two.logits).softmax(1)
    # Predictions have to differ from photo to photo for their agreement to mean anything.
    assert one_predicts.std(dim=0).max() > 0.02
    assert (one_predicts - two_predict).abs().max() < 0.02
    assert torch.equal(one_predicts.argmax(dim=1), two_predict.argmax(dim=1))
