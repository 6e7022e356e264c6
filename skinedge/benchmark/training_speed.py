"""Images a second in training: our loop against a plain one that decodes and augments each photo each time.

Both train the same network, with the same blocks frozen, at the same side on the same photos. Their epochs alternate, so
that other load on the machine slows both alike. Ours reads all photos once, at the start, and that time is reported, too.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from skinedge.benchmark.results import DeviceCard
from skinedge.benchmark.statistics import paired_ratio
from skinedge.contract import Frozen
from skinedge.datasets.pad_ufes_20 import DataSet, Record, label_indices
from skinedge.evaluation.bootstrap import Figure
from skinedge.models.backbones import IMAGENET_MEAN, IMAGENET_STD
from skinedge.models.lesion_net import LesionNet, build_network
from skinedge.questionnaire import LABELS
from skinedge.training.answer_dropout import AnswerDropout
from skinedge.training.losses import class_weights
from skinedge.training.module import LesionModule
from skinedge.training.photo_dataset import AugmentedPhotos, Batch, train_loader
from skinedge.training.recipe import Recipe
from skinedge.training.run import contract_of
from skinedge.training.tensors import load_tensors

BOOTSTRAP_ROUNDS = 2000


class TrainingSpeed(Frozen):
    """The results of `measure`. Rates are images a second, an entry an epoch."""

    device: DeviceCard
    accelerator: str
    photos: int
    batch_size: int
    side_px: int
    ours: tuple[float, ...]
    plain: tuple[float, ...]
    reading_s: float
    """The time of our loop to read all photos, once, before its first epoch."""
    times_as_fast: Figure


class PlainPhotos(Dataset[tuple[Tensor, int]]):
    """Decodes, crops, balances colours and augments a photo whenever it is asked for, as most training scripts do."""

    def __init__(self, records: tuple[Record, ...], side_px: int) -> None:
        from torchvision.transforms import v2

        self.records, self.labels = records, label_indices(records)
        self.transform = v2.Compose(
            [
                v2.RandomHorizontalFlip(),
                v2.RandomVerticalFlip(),
                v2.RandomAffine(degrees=180, translate=(0.08, 0.08), scale=(0.65, 1.15)),
                v2.ColorJitter(brightness=0.25, contrast=0.25, saturation=0.25),
                v2.Resize((side_px, side_px)),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize(IMAGENET_MEAN, IMAGENET_STD),
            ]
        )

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, position: int) -> tuple[Tensor, int]:
        photo = self.records[position].photo
        assert photo is not None
        with photo.open() as stream, Image.open(stream) as image:
            rgb = np.asarray(image.convert("RGB"), dtype=np.float32)
        light = np.power(np.power(rgb, 6).mean(axis=(0, 1)), 1 / 6)
        balanced = np.clip(rgb * (light.mean() / light), 0, 255).astype(np.uint8)
        return self.transform(Image.fromarray(balanced)), int(self.labels[position])


def measure(data: DataSet, recipe: Recipe, *, epochs: int, photos: int, workers: int) -> TrainingSpeed:
    """Trains for some epochs both ways, in turns, without the decoder.

    Args:
        workers: processes that decode for the plain loop.
    """
    recipe = recipe.model_copy(update={"sr_target": "none", "low_side_epochs": 0})
    records = data.with_photos()[:photos]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    contract = contract_of(recipe)
    start = time.perf_counter()
    tensors = load_tensors(records, contract.fields, contract.image)
    reading_s = time.perf_counter() - start
    weights = class_weights(tensors.labels.numpy(), len(LABELS))
    dropout = AnswerDropout(tensors.answers.numpy(), tensors.labels.numpy(), len(LABELS), recipe.answer_dropout)
    module = LesionModule(recipe, _network(recipe, tensors.answers), weights, dropout).to(device)
    module.log = lambda *_, **__: None  # type: ignore[method-assign]  # no trainer listens
    every = np.arange(len(records))
    augmented = AugmentedPhotos(tensors, every, contract.network, device, recipe=recipe, seed=0)
    ours = train_loader(augmented, batch_size=recipe.batch_size, seed=0)
    plain = DataLoader(
        PlainPhotos(records, recipe.side_px), recipe.batch_size, shuffle=True, drop_last=True, num_workers=workers
    )
    network = _network(recipe, tensors.answers).to(device)
    # The same blocks are frozen, so that both do the same work once they have the pixels.
    network.image_encoder.features[: recipe.frozen_blocks].requires_grad_(False)
    rates: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(epochs):
        rates["ours"].append(_ours(module, ours, device))
        rates["plain"].append(_plain(network, plain, tensors.answers, device))
    # Seconds an image, so that the ratio is of times.
    slower = paired_ratio(1 / np.array(rates["plain"]), 1 / np.array(rates["ours"]), rounds=BOOTSTRAP_ROUNDS)
    return TrainingSpeed(
        device=DeviceCard.of_this_machine(),
        accelerator=torch.cuda.get_device_name() if device.type == "cuda" else "none",
        photos=len(records),
        batch_size=recipe.batch_size,
        side_px=recipe.side_px,
        ours=tuple(rates["ours"]),
        plain=tuple(rates["plain"]),
        reading_s=reading_s,
        times_as_fast=Figure(value=slower.value, low=slower.low, high=slower.high),
    )


def _network(recipe: Recipe, answers: Tensor) -> LesionNet:
    net = build_network(contract_of(recipe), dropout=recipe.dropout)
    net.answer_encoder.fit(answers)
    return net.train()


def _ours(module: LesionModule, loader: DataLoader[Batch], device: torch.device) -> float:
    module.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(module.net.parameters())
    start, seen = time.perf_counter(), 0
    for given in loader:
        optimizer.zero_grad()
        batch = given._replace(answers=given.answers.to(device), labels=given.labels.to(device))
        module.training_step(batch, 0).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seen += len(batch.labels)
    return seen / _elapsed(start, device)


def _plain(network: LesionNet, loader: DataLoader[tuple[Tensor, int]], answers: Tensor, device: torch.device) -> float:
    optimizer = torch.optim.AdamW(network.parameters())
    start, seen = time.perf_counter(), 0
    for pixels, labels in loader:
        optimizer.zero_grad()
        outputs = network.train_forward(pixels.to(device), answers[: len(pixels)].to(device), reconstruct=1)
        F.cross_entropy(outputs.logits, labels.to(device)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seen += len(pixels)
    return seen / _elapsed(start, device)


def _elapsed(start: float, device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def save(speed: TrainingSpeed, path: Path) -> None:
    """Writes it as JSON."""
    from skinedge.files import write_whole

    write_whole(path, speed.model_dump_json(indent=1) + "\n")
