"""Data sets that yield what a network sees: photos augmented anew, from the augmentation cache, or as they are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from skinedge.contract import ModelConfig
from skinedge.errors import ConfigError
from skinedge.preprocess.pipeline import Enhance, Normalize
from skinedge.training.augmentation import augment, resample
from skinedge.training.augmentation_cache import AugmentationCache, CachedEpoch
from skinedge.training.recipe import Recipe
from skinedge.training.tensors import Tensors


class Batch(NamedTuple):
    """What a step of training or validation gets."""

    inputs: Tensor
    """(B, 3, side, side) float32 normalised pixels, or (B, C, h, w) float32: the output of the first `start` blocks."""
    rgb: Tensor
    """(B, 3, side, side) float32 enhanced pixels in [0, 255]."""
    answers: Tensor
    """(B, F) float32 raw answers."""
    labels: Tensor
    """(B,) int64."""
    start: int = 0
    """How many blocks of the backbone `inputs` has already been through."""


class PhotoDataset(Dataset[Batch]):
    """Photos of a data set as a network sees them, with the side, enhancement and normalisation of its configuration.

    A loader fetches whole batches: photos of a batch are augmented together, on `device`.
    """

    def __init__(
        self, tensors: Tensors, index: NDArray[np.int64], config: ModelConfig, device: torch.device | None = None
    ) -> None:
        self.tensors, self.index = tensors, torch.from_numpy(index)
        self.device = device or torch.device("cpu")
        self.side_px, self.epoch = config.side_px, 0
        self.normalize = Normalize(config.pixel_mean, config.pixel_std).to(self.device)
        self._enhance: dict[int, Enhance] = {}

    def __len__(self) -> int:
        return len(self.index)

    def set_epoch(self, epoch: int) -> None:
        """Moves on to the photos of another epoch, counted from 0."""
        self.epoch = epoch

    def __getitems__(self, positions: list[int]) -> Batch:
        """The batch of the photos at these positions."""
        indices = self.index[positions]
        with torch.no_grad():
            inputs, rgb, start = self._pixels(indices)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        return Batch(inputs, rgb, self.tensors.answers[indices], self.tensors.labels[indices], start)

    def _pixels(self, indices: Tensor) -> tuple[Tensor, Tensor, int]:
        """`Batch.inputs`, `Batch.rgb` and `Batch.start` of the photos at these indices."""
        rgb = self._enhanced(resample(self.tensors.photos[indices].to(self.device), self.side_px), self.side_px)
        return self.normalize(rgb), rgb, 0

    def _enhanced(self, rgb: Tensor, side_px: int) -> Tensor:
        if side_px not in self._enhance:
            self._enhance[side_px] = Enhance(side_px).to(self.device)
        enhanced: Tensor = self._enhance[side_px](rgb)
        return enhanced


class AugmentedPhotos(PhotoDataset):
    """Photos that are augmented anew in every epoch, by a recipe."""

    def __init__(
        self,
        tensors: Tensors,
        index: NDArray[np.int64],
        config: ModelConfig,
        device: torch.device | None = None,
        *,
        recipe: Recipe,
        seed: int,
    ) -> None:
        super().__init__(tensors, index, config, device)
        self.recipe, self.seed = recipe, seed

    def _pixels(self, indices: Tensor) -> tuple[Tensor, Tensor, int]:
        side_px = self.recipe.side_px_of(self.epoch)
        devices = [self.device] if self.device.type == "cuda" else []
        # The seed depends on the run's, the epoch and the batch alone: resuming or fetching ahead changes nothing.
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(int(np.random.SeedSequence([self.seed, self.epoch, int(indices[0])]).generate_state(1)[0]))
            rgb = augment(self.tensors.photos[indices].to(self.device), side_px, self.recipe.augmentation)
        rgb = self._enhanced(rgb, side_px)
        return self.normalize(rgb), rgb, 0


class CachedPhotos(PhotoDataset):
    """Photos from the augmentation cache, with their features from the frozen blocks."""

    def __init__(
        self,
        tensors: Tensors,
        index: NDArray[np.int64],
        config: ModelConfig,
        device: torch.device | None = None,
        *,
        cache: AugmentationCache,
        soup_index: int = 0,
    ) -> None:
        super().__init__(tensors, index, config, device)
        self.cache, self.soup_index = cache, soup_index
        self._epoch: CachedEpoch | None = None

    def set_epoch(self, epoch: int) -> None:
        """See `PhotoDataset.set_epoch`."""
        if epoch != self.epoch:
            self._epoch = None
        super().set_epoch(epoch)

    def _pixels(self, indices: Tensor) -> tuple[Tensor, Tensor, int]:
        if self._epoch is None:
            self._epoch = self.cache.of(self.epoch, self.soup_index)
        encoded, rgb = (part[indices].to(self.device, torch.float32) for part in (self._epoch.encoded, self._epoch.rgb))
        return encoded, rgb, self.cache.recipe.frozen_blocks


class EpochShuffle(Sampler[int]):
    """Shuffles by epoch and seed alone, so that a resumed run sees the same batches.

    Each of several processes gets its share of every batch, so that together they take the same steps as one. It leaves
    out the last, smaller batch of an epoch, whose batch statistics would be poor.
    """

    def __init__(self, photos: PhotoDataset, *, batch_size: int, seed: int, process: int = 0, processes: int = 1) -> None:
        self.photos, self.seed, self.epoch, self.process = photos, seed, 0, process
        count = len(photos)
        self.share = min(batch_size, count) // processes
        self.batches = count // min(batch_size, count)
        self.shape = (self.batches, processes, self.share)
        self.count = count

    def set_epoch(self, epoch: int) -> None:
        """Moves on to the shuffle, and the photos, of another epoch. Lightning calls it."""
        self.epoch = epoch
        self.photos.set_epoch(epoch)

    def __len__(self) -> int:
        return self.batches * self.share

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        order = torch.randperm(self.count, generator=generator)[: math.prod(self.shape)]
        return iter(order.reshape(self.shape)[:, self.process].flatten().tolist())


def train_loader(
    photos: PhotoDataset, *, batch_size: int, seed: int, process: int = 0, processes: int = 1
) -> DataLoader[Batch]:
    """A loader of shuffled batches, or of one process's shares of them.

    Raises: ConfigError where a batch cannot be shared out evenly.
    """
    if batch_size % processes:
        raise ConfigError(f"got {processes} processes for batches of {batch_size}: give a number that divides the batch")
    sampler = EpochShuffle(photos, batch_size=batch_size, seed=seed, process=process, processes=processes)
    return DataLoader(photos, batch_size=sampler.share, sampler=sampler, collate_fn=_as_fetched)


def ordered_loader(photos: PhotoDataset, *, batch_size: int) -> DataLoader[Batch]:
    """A loader of batches in the order of the photos."""
    return DataLoader(photos, batch_size=batch_size, collate_fn=_as_fetched)


def _as_fetched(batch: Any) -> Any:
    """The batch itself: a data set fetches whole batches, and nothing is left to collate."""
    return batch
