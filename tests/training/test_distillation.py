"""Distillation from finished runs: the loss, the teachers, and which runs cannot be teachers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ConfigError
from skinedge.evaluation.run_folder import CHECKPOINT, Run
from skinedge.evaluation.run_inputs import RunInputs
from skinedge.models.checkpoint import load_checkpoint
from skinedge.models.lesion_net import LesionNet, build_network
from skinedge.training.distillation import Teachers, load_teachers
from skinedge.training.recipe import Recipe, load_recipe
from skinedge.training.run import contract_of, train
from tests.training import ONE_NETWORK


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    small = {"side_px": 64, "low_side_px": 64, "low_side_epochs": 0, "epochs": 1, "batch_size": 8, "warmup_epochs": 0}
    return load_recipe("edge").model_copy(update=small | ONE_NETWORK | {"sr_target": "none", "answers_weight": 0.5})


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("synthetic") / "data", photos=16)


@pytest.fixture(scope="module")
def teacher(synthetic: Path, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("teacher") / "run"
    train(read_pad_ufes_20(synthetic), recipe, out, split="none", weights="none")
    return out


def untrained(recipe: Recipe) -> LesionNet:
    torch.manual_seed(1)
    net = build_network(contract_of(recipe), dropout=recipe.dropout)
    net.answer_encoder.fit(torch.zeros(4, len(recipe.questions)))
    return net.eval()


def test_the_loss_is_the_divergence_from_the_average_of_the_teachers(recipe: Recipe) -> None:
    nets = [untrained(recipe), untrained(recipe)]
    with torch.no_grad():
        nets[1].classifier.get_parameter("layers.4.bias").add_(torch.tensor([3.0, 0, 0, 0, 0, 0]))
    pixels, answers = torch.rand(2, 3, 64, 64), torch.full((2, len(recipe.questions)), -1.0)
    average = torch.stack([net(pixels, answers) for net in nets]).mean(dim=0).detach()
    teachers = Teachers.of(nets, temperature=2.0)
    assert teachers.distillation_loss(pixels, answers, average).item() < 1e-4  # bfloat16 in the teachers
    shifted = average + torch.tensor([2.0, 0, 0, 0, 0, 0])
    p, q = (average / 2).softmax(dim=1), (shifted / 2).softmax(dim=1)
    expected = 4 * (p * (p / q).log()).sum(dim=1).mean()
    assert teachers.distillation_loss(pixels, answers, shifted).item() == pytest.approx(expected.item(), rel=0.05)


def test_a_student_learns_from_its_teacher_and_the_run_says_so(
    synthetic: Path, recipe: Recipe, teacher: Path, tmp_path: Path
) -> None:
    data, out = read_pad_ufes_20(synthetic), tmp_path / "student"
    train(data, recipe, out, split="none", weights="none", teachers=[teacher])
    command = Run.load(out).command
    assert command.endswith("--weights none --sr-target none --epochs 1 --teacher run --data data --out student")
    log = (out / "final" / "log" / "metrics.csv").read_text().splitlines()
    assert "train_distillation" in log[0].split(",")
    # The student alone is kept, and is as large as ever.
    assert not [name for name in load_checkpoint(out / CHECKPOINT).net.state_dict() if "teacher" in name]
    with pytest.raises(ConfigError, match="other settings"):
        train(data, recipe, out, split="none", weights="none")


def test_a_run_that_may_have_seen_tested_photos_is_no_teacher(recipe: Recipe, teacher: Path) -> None:
    contract: Contract = load_checkpoint(teacher / CHECKPOINT).contract
    inputs = RunInputs.load(teacher)
    assert inputs is not None
    assert load_teachers([teacher], CHECKPOINT, recipe, contract, inputs) is not None
    assert load_teachers([], CHECKPOINT, recipe, contract, inputs) is None
    with pytest.raises(ConfigError, match="questions: got"):
        load_teachers([teacher], CHECKPOINT, recipe, contract.model_copy(update={"fields": ()}), inputs)
    for change, named in (
        ({"rows": inputs.rows[1:]}, "data: got"),
        ({"photos": inputs.rows}, "data: got"),
        ({"split": "grouped"}, "split: got none, expected grouped"),
    ):
        with pytest.raises(ConfigError, match=named):
            load_teachers([teacher], CHECKPOINT, recipe, contract, inputs.model_copy(update=change))
