"""Trains a cell under a protocol, or reads the result of an earlier run."""

from __future__ import annotations

import io
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from skinedge.contract import Frozen
from skinedge.datasets.pad_ufes_20 import DataSet, Record, answer_matrix, label_indices, patient_ids
from skinedge.errors import ConfigError
from skinedge.evaluation.metrics import Metrics, Predictions, measure
from skinedge.evaluation.run_inputs import photo_hash
from skinedge.files import write_whole
from skinedge.models.lesion_net import LesionNet
from skinedge.questionnaire import LABELS
from skinedge.reproduction.grid import FOLDS_TRAINED, Cell, Preset, Protocol
from skinedge.training.folder import claim, refuse_foreign
from skinedge.training.inputs import inputs_of
from skinedge.training.loop import train_one
from skinedge.training.recipe import Recipe
from skinedge.training.run import Part, contract_of, split_parts
from skinedge.training.tensors import Tensors, load_tensors

RESULT_FILE, PREDICTIONS_FILE = "result.json", "predictions.npz"


class Result(Frozen):
    """A trained cell under one protocol."""

    cell: str
    protocol: Protocol
    recipe: Recipe
    weights: str
    data_sha256: str
    hardware: str
    minutes: float
    """Wall clock of the run that finished it, with pauses and without earlier runs."""
    metrics: Metrics


@dataclass(frozen=True)
class Tested:
    """The predictions of a cell's networks for the photos that they were not trained on."""

    result: Result
    indices: NDArray[np.int64]
    """(N,) in the data set's records with photos."""
    probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class Bench:
    """What all cells share: the data, the preset and the folders of results."""

    data: DataSet
    out: Path
    """Where networks and predictions lie."""
    report: Path
    """Where tables and figures go; they hold nothing about single patients."""
    preset: Preset
    weights: dict[str, str]
    """By backbone: `imagenet`, `none` or a file."""
    sr_weights: dict[str, Path]
    """By target."""
    epochs: int = 0
    """Instead of the preset's; 0 keeps them."""

    @property
    def records(self) -> tuple[Record, ...]:
        return self.data.with_photos()

    def recipe(self, cell: Cell) -> Recipe:
        """How the cell is trained here. Raises: ConfigError where a network target has no weights."""
        if cell.target in ("edsr", "ninasr") and cell.target not in self.sr_weights:
            raise ConfigError(
                f"the target {cell.target} needs weights: make some with skinedge upscaler --sr-target {cell.target}"
            )
        recipe = cell.recipe(self.preset, epochs=self.epochs)
        symmetric = cell.backbone == "efficientnet_lite0" or self.weights[cell.backbone] not in ("imagenet", "none")
        return recipe.model_copy(update={"normalization": "symmetric" if symmetric else "imagenet"})

    def folder(self, cell: Cell, protocol: Protocol) -> Path:
        return self.out / "cells" / cell.name / protocol


def run_cell(bench: Bench, cell: Cell, protocol: Protocol, tensors: Tensors) -> Tested:
    """Trains and tests a cell, resuming if it was stopped, or reads a finished one.

    Raises: ConfigError where the folder holds the result of other settings.
    """
    done = read_cell(bench, cell, protocol)
    if done is not None:
        return done
    recipe, folder, start = bench.recipe(cell), bench.folder(cell, protocol), time.monotonic()
    contract, labels = contract_of(recipe), label_indices(bench.records)
    parts = parts_of(bench, protocol)
    inputs = inputs_of(bench.data, recipe, protocol, bench.weights[cell.backbone], bench.sr_weights.get(cell.target))
    refuse_foreign(folder)
    folder.mkdir(parents=True, exist_ok=True)
    claim(folder, inputs.model_copy(update={"photos": tuple(map(photo_hash, bench.records, tensors.sha256))}))
    probabilities = np.zeros((len(labels), len(LABELS)))
    for part in parts:
        _, logits = train_part(bench, cell, part, tensors, folder / part.name)
        probabilities[part.test] = softmax(logits, axis=1)
    indices = np.sort(np.concatenate([part.test for part in parts]))
    patients = patient_ids(bench.records)
    predictions = Predictions.of(contract, probabilities[indices], labels[indices], patients[indices])
    result = Result(
        cell=cell.name,
        protocol=protocol,
        recipe=recipe,
        weights=Path(bench.weights[cell.backbone]).name,
        data_sha256=bench.data.sha256(),
        hardware=_hardware(),
        minutes=round((time.monotonic() - start) / 60, 1),
        metrics=measure(predictions),
    )
    buffer = io.BytesIO()
    np.savez_compressed(buffer, rows=indices, probabilities=probabilities[indices])
    write_whole(folder / PREDICTIONS_FILE, buffer.getvalue())
    # Last, because its presence says that the cell is finished.
    write_whole(folder / RESULT_FILE, result.model_dump_json(indent=1) + "\n")
    return Tested(result, indices, probabilities[indices])


def read_cell(bench: Bench, cell: Cell, protocol: Protocol) -> Tested | None:
    """The result of an earlier run, or None. Raises: ConfigError where it has other settings or data."""
    folder = bench.folder(cell, protocol)
    if not (folder / RESULT_FILE).is_file():
        return None
    try:
        result = Result.model_validate_json((folder / RESULT_FILE).read_bytes())
        with np.load(folder / PREDICTIONS_FILE) as kept:
            tested = Tested(result, kept["rows"], kept["probabilities"])
    except (OSError, ValueError, KeyError):
        raise ConfigError(f"{folder} is damaged: delete it, and run the command again") from None
    if result.recipe != bench.recipe(cell) or result.data_sha256 != bench.data.sha256():
        raise ConfigError(f"{folder} was made with other settings or other data: give another --out, or delete it")
    return tested


def train_part(
    bench: Bench, cell: Cell, part: Part, tensors: Tensors, folder: Path
) -> tuple[LesionNet, NDArray[np.float32]]:
    """Trains the network of one fold or split, resuming if it was stopped. Returns it, with its decoder, and logits."""
    recipe = bench.recipe(cell)
    contract = contract_of(recipe)
    seen = tuple(bench.records[i] for i in part.train)
    return train_one(
        recipe,
        contract,
        tensors,
        part.train,
        part.test,
        folder,
        weights=bench.weights[cell.backbone],
        sr_weights=bench.sr_weights.get(cell.target),
        answers_only=(torch.from_numpy(answer_matrix(seen, contract.fields)), torch.from_numpy(label_indices(seen))),
    )


def parts_of(bench: Bench, protocol: Protocol) -> list[Part]:
    """The parts of a protocol that the preset trains."""
    return split_parts(bench.data, bench.records, protocol)[: FOLDS_TRAINED[bench.preset]]


def tensors_of(bench: Bench, recipe: Recipe) -> Tensors:
    """The photos in memory, at the size that a recipe takes."""
    contract = contract_of(recipe)
    return load_tensors(bench.records, contract.fields, contract.image)


def _hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{os.cpu_count()} CPU cores, {platform.machine()}"
