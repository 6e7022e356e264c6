"""Decodes all photos of a data set into memory."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from skinedge.contract import ClinicalField, ImageSpec
from skinedge.datasets.pad_ufes_20 import Record, answer_matrix, label_indices
from skinedge.errors import DataError
from skinedge.preprocess.photo import held, load_photo
from skinedge.progress import track


@dataclass(frozen=True)
class Tensors:
    """Photos (N, 3, 448, 448) uint8, raw answers (N, F) float32, labels (N,) int64."""

    photos: Tensor
    answers: Tensor
    labels: Tensor
    sha256: tuple[str, ...] = ()
    """Of the file of each photo, taken of the very bytes that were decoded."""


def load_tensors(records: tuple[Record, ...], fields: tuple[ClinicalField, ...], spec: ImageSpec) -> Tensors:
    """Decodes every photo, once. Raises: PhotoError for the first that cannot be used; DataError where one is missing."""
    photos = torch.empty(len(records), 3, spec.side_px, spec.side_px, dtype=torch.uint8)
    sha256 = [""] * len(records)

    def decode(position: int) -> None:
        photo = records[position].photo
        if photo is None:
            raise DataError(f"{records[position].image_id} has no photo")
        read = held(photo, spec)
        sha256[position] = read.sha256
        photos[position] = torch.from_numpy(load_photo(read, spec).copy()).permute(2, 0, 1)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in track(pool.map(decode, range(len(records))), "reading photos", total=len(records)):
            pass
    answers, labels = torch.from_numpy(answer_matrix(records, fields)), torch.from_numpy(label_indices(records))
    return Tensors(photos, answers, labels, tuple(sha256))
