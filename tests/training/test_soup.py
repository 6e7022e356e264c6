"""Averages of networks, re-estimated batch normalisation statistics, and soups distilled from their networks."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ConfigError
from skinedge.evaluation.run_folder import CHECKPOINT
from skinedge.models.checkpoint import load_checkpoint
from skinedge.models.lesion_net import build_network
from skinedge.training.answer_dropout import AnswerDropout
from skinedge.training.augmentation_cache import AugmentationCache
from skinedge.training.distillation import Teachers
from skinedge.training.module import LesionModule
from skinedge.training.photo_dataset import AugmentedPhotos, CachedPhotos, PhotoDataset, ordered_loader
from skinedge.training.recipe import Recipe, load_recipe
from skinedge.training.run import CACHE, contract_of, train
from skinedge.training.soup import average, make_soup, reestimate_batchnorm
from skinedge.training.tensors import Tensors
from tests.training import ONE_NETWORK


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    small = {"side_px": 64, "low_side_px": 32, "low_side_epochs": 1, "epochs": 2, "batch_size": 8, "warmup_epochs": 0}
    changes = {"frozen_blocks": 4, "answers_weight": 0.0, "sr_target": "none"}
    return load_recipe("edge").model_copy(update=small | ONE_NETWORK | changes)


def module_of(recipe: Recipe, seed: int) -> LesionModule:
    torch.manual_seed(seed)
    net = build_network(contract_of(recipe), dropout=recipe.dropout)
    answers = torch.zeros(12, len(recipe.questions))
    net.answer_encoder.fit(answers)
    dropout = AnswerDropout(answers.numpy(), np.arange(12) % 6, 6, recipe.answer_dropout)
    return LesionModule(recipe, net, torch.ones(6), dropout)


def test_the_average_is_that_of_all_weights(recipe: Recipe) -> None:
    nets = [module_of(recipe, seed).net for seed in range(3)]
    first = [net.classifier.get_parameter("layers.1.weight").detach().clone() for net in nets]
    assert not torch.equal(first[0], first[1])
    soup = average(nets)
    assert soup is nets[0]
    assert torch.allclose(soup.classifier.get_parameter("layers.1.weight"), torch.stack(first).mean(dim=0), atol=1e-7)


@pytest.mark.parametrize("shared", [False, True])
def test_batch_normalisation_is_reestimated_on_photos_of_the_last_size_but_not_in_frozen_blocks(
    recipe: Recipe, tmp_path: Path, shared: bool
) -> None:
    module = module_of(recipe, 0)
    photos = torch.randint(0, 256, (16, 3, 128, 128), dtype=torch.uint8)
    tensors = Tensors(photos, torch.zeros(16, len(recipe.questions)), torch.arange(16) % 6)
    every, config = np.arange(16), module.net.config
    dataset: PhotoDataset = AugmentedPhotos(tensors, every, config, recipe=recipe, seed=0)
    if shared:
        cache = AugmentationCache(tmp_path, photos, recipe, config, "none")
        dataset = CachedPhotos(tensors, every, config, cache=cache)
    norms = [norm for norm in module.net.modules() if isinstance(norm, nn.BatchNorm2d)]
    before = [norm.running_var.clone() for norm in norms if norm.running_var is not None]
    frozen = sum(isinstance(norm, nn.BatchNorm2d) for block in module.frozen for norm in block.modules())
    given: list[torch.Tensor] = []
    first = norms[frozen]
    listening = first.register_forward_hook(lambda _, inputs, __: given.append(inputs[0].clone()))
    reestimate_batchnorm(module, dataset)
    listening.remove()
    changed = [not torch.equal(norm.running_var, old) for norm, old in zip(norms, before, strict=True)]  # type: ignore[arg-type]
    assert frozen > 0 and changed == [False] * frozen + [True] * (len(norms) - frozen)
    assert not any(norm.training or norm.momentum is None for norm in norms)
    assert len(given) == 2, "one epoch of two batches is of the last size"
    # Its input has been halved twice since the photo, and its running mean is the mean of both batches.
    assert given[0].shape[-1] == recipe.side_px // 4
    assert torch.allclose(first.running_mean, torch.cat(given).mean(dim=(0, 2, 3)), atol=1e-5)  # type: ignore[arg-type]


def test_a_distilled_soup_comes_nearer_to_the_mean_prediction_of_its_networks(recipe: Recipe) -> None:
    asked = recipe.model_copy(update={"soup": 2, "reestimate_batchnorm": True, "batch_size": 16})
    photos = torch.randint(0, 256, (16, 3, 128, 128), dtype=torch.uint8)
    tensors = Tensors(photos, torch.zeros(16, len(recipe.questions)), torch.arange(16) % 6)
    config = contract_of(recipe).network
    dataset = AugmentedPhotos(tensors, np.arange(16), config, recipe=recipe, seed=0)
    batch = next(iter(ordered_loader(dataset, batch_size=16)))

    def made(distillation_epochs: int) -> tuple[LesionModule, float]:
        modules = [
            module_of(asked.model_copy(update={"distillation_epochs": distillation_epochs}), seed) for seed in range(2)
        ]
        for module in modules:
            last = module.net.classifier.layers[-1]
            assert isinstance(last, nn.Linear)
            nn.init.normal_(last.weight)  # confident networks that disagree
        together = Teachers.of(copy.deepcopy([module.net for module in modules]), asked.distillation_temperature)
        soup = make_soup(modules, dataset, torch.device("cpu"))
        soup.begin(1)
        with torch.no_grad():
            return soup, float(soup.distillation_loss(batch, together))

    (plain, before), (distilled, after) = made(0), made(20)
    assert 0 < after < 0.7 * before
    assert not distilled.training and not any(part.training for part in distilled.net.modules())
    states = [soup.net.state_dict() for soup in (plain, distilled)]
    moved = {name for name in states[0] if not torch.equal(*(state[name] for state in states))}
    kept = ("image_encoder.features.0.", "image_encoder.features.3.", "imputer.", "answer_encoder.")
    assert moved and not [name for name in moved if name.startswith(kept) or "running" in name]
    assert any(name.startswith("image_encoder.features.4.") for name in moved)


def test_a_single_network_is_not_distilled_from_itself(recipe: Recipe) -> None:
    with pytest.raises(ConfigError, match="soup must be at least 2, got 1"):
        recipe.changed(distillation_epochs=3)


@pytest.mark.parametrize("distillation_epochs", [0, 1])
def test_a_soup_is_made_of_networks_that_differ_by_their_seeds_only(
    recipe: Recipe, tmp_path: Path, distillation_epochs: int
) -> None:
    data = read_pad_ufes_20(write_synthetic(tmp_path / "data", photos=16))
    out = tmp_path / "run"
    asked = recipe.model_copy(
        update={
            "soup": 2,
            "augmentation_cache": True,
            "reestimate_batchnorm": True,
            "distillation_epochs": distillation_epochs,
        }
    )
    train(data, asked, out, split="none", weights="none")
    parts = [out / "final", out / "final" / "soup1"]
    trained = [torch.load(part / "last.ckpt", weights_only=False)["state_dict"] for part in parts]
    kept = load_checkpoint(out / CHECKPOINT).net.state_dict()
    name = "classifier.layers.1.weight"
    first, second = (state[f"net.{name}"] for state in trained)
    assert not torch.equal(first, second)
    assert torch.allclose(kept[name], (first + second) / 2, atol=1e-7) == (not distillation_epochs)
    assert torch.allclose(kept[name], (first + second) / 2, atol=1e-3)
    frozen = "image_encoder.features.0.0.weight"
    assert torch.equal(kept[frozen], trained[1][f"net.{frozen}"])
    assert not (out / CACHE).exists()
    # Made again from the networks, as after a kill during the distillation.
    train(data, asked, out, split="none", weights="none")
    again = load_checkpoint(out / CHECKPOINT).net.state_dict()
    assert all(torch.equal(kept[name], again[name]) for name in kept)
    logs = [pd.read_csv(log) for log in (out / "final" / "log").glob("*.csv")]
    assert set(pd.concat(logs)["epoch"]) == {0, 1}, "what was logged before the run went on is kept"
