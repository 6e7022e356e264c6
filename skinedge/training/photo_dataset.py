"""A data set in memory: every photo decoded once."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from skinedge.contract import ClinicalField, ImageSpec
from skinedge.datasets.pad_ufes_20 import Record, answer_matrix, label_indices
from skinedge.errors import ConfigError, DataError
from skinedge.preprocess.photo import load_photo
from skinedge.progress import track
from skinedge.training.decoding import decode_with_opencv


@dataclass(frozen=True)
class Tensors:
    """Photos (N, 3, 448, 448) uint8, raw answers (N, F) float32, labels (N,) int64."""

    photos: Tensor
    answers: Tensor
    labels: Tensor

    def rows(self, index: NDArray[np.int64]) -> Rows:
        return Rows(self, torch.from_numpy(index))


def load_tensors(records: tuple[Record, ...], fields: tuple[ClinicalField, ...], spec: ImageSpec) -> Tensors:
    """Decodes every photo. Raises: PhotoError for the first that cannot be used."""
    photos = torch.empty(len(records), 3, spec.side_px, spec.side_px, dtype=torch.uint8)

    def decode(position: int) -> None:
        photo = records[position].photo
        if photo is None:
            raise DataError(f"{records[position].image_id} has no photo")
        photos[position] = torch.from_numpy(load_photo(photo, spec, decode=decode_with_opencv).copy()).permute(2, 0, 1)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in track(pool.map(decode, range(len(records))), "reading photos", total=len(records)):
            pass
    return Tensors(photos, torch.from_numpy(answer_matrix(records, fields)), torch.from_numpy(label_indices(records)))


Row = tuple[Tensor, Tensor, Tensor, Tensor]
"""Photo, answers, label, and which row of the tensors it is."""


class Rows(Dataset[Row]):
    """Some rows of the tensors."""

    def __init__(self, tensors: Tensors, index: Tensor) -> None:
        self.tensors, self.index = tensors, index

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, position: int) -> Row:
        row = self.index[position]
        return self.tensors.photos[row], self.tensors.answers[row], self.tensors.labels[row], row


class EpochShuffle(Sampler[int]):
    """A shuffle that depends on the epoch and the seed alone, so that a resumed run sees the same batches.

    Of several processes each gets its share of every batch, so that together they take the steps that one would take.
    The last, smaller batch of an epoch is left out, because batch normalisation needs a crowd.
    """

    def __init__(self, count: int, *, batch_size: int, seed: int, process: int = 0, processes: int = 1) -> None:
        self.seed, self.epoch, self.process = seed, 0, process
        self.share = min(batch_size, count) // processes
        self.batches = count // min(batch_size, count)
        self.shape = (self.batches, processes, self.share)
        self.count = count

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.batches * self.share

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        order = torch.randperm(self.count, generator=generator)[: math.prod(self.shape)]
        return iter(order.reshape(self.shape)[:, self.process].flatten().tolist())


def train_loader(rows: Rows, *, batch_size: int, seed: int, process: int = 0, processes: int = 1) -> DataLoader[Row]:
    """Shuffled batches, or one process's shares of them.

    Raises: ConfigError where a batch cannot be shared out evenly.
    """
    if batch_size % processes:
        raise ConfigError(f"got {processes} processes for batches of {batch_size}: give a number that divides the batch")
    sampler = EpochShuffle(len(rows), batch_size=batch_size, seed=seed, process=process, processes=processes)
    return DataLoader(rows, batch_size=sampler.share, sampler=sampler)


def ordered_loader(rows: Rows, *, batch_size: int) -> DataLoader[Row]:
    """Batches in the order of the rows."""
    return DataLoader(rows, batch_size=batch_size)
