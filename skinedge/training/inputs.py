"""Hashes what a run is started with."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import torch

from skinedge import __version__
from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.datasets.splits import PUNDHIR_FILE, grouped_folds
from skinedge.errors import ConfigError
from skinedge.evaluation.run_folder import CHECKPOINT, fold_checkpoints
from skinedge.evaluation.run_inputs import NOT_TESTED, RunInputs, patient_hash, row_hash
from skinedge.models.backbones import pixel_range, with_weights
from skinedge.models.checkpoint import weights_sha256
from skinedge.runtime.bundle import file_sha256
from skinedge.training.recipe import Recipe

TrainSplit = Literal["grouped", "pundhir2022", "none"]
PACKAGES = ("torch", "lightning")
"""Whose versions change what training ends with, and what it can resume from."""


def inputs_of(
    data: DataSet,
    recipe: Recipe,
    split: TrainSplit,
    weights: str,
    sr_weights: Path | None = None,
    teachers: Sequence[Path] = (),
) -> RunInputs:
    """All that a run depends on, but for the photos, which are hashed when they are read.

    Raises: ConfigError where the weights to start from cannot be used; DataError where the split cannot be made.
    """
    records = data.with_photos()
    parts: Iterable[int] = grouped_folds(records).tolist() if split == "grouped" else [NOT_TESTED] * len(records)
    return RunInputs(
        recipe=recipe.model_dump(mode="json"),
        split=split,
        weights=_start_of(recipe, weights),
        sr_weights=None if sr_weights is None or recipe.sr_target not in ("edsr", "ninasr") else _file_hash(sr_weights),
        teachers=tuple(
            str(Contract.load(folder).weights_sha256)
            for run in teachers
            for folder in (run / CHECKPOINT, *fold_checkpoints(run))
        ),
        rows=tuple(map(row_hash, data.records)),
        tested_in={patient_hash(record.patient_id): part for record, part in zip(records, parts, strict=True)},
        split_file=_file_hash(data.folder / PUNDHIR_FILE) if split == "pundhir2022" else None,
        # Without the build, as in 2.9.1+cpu: a run may go on on a machine with a GPU.
        made_with={"skinedge": __version__} | {name: importlib.metadata.version(name).split("+")[0] for name in PACKAGES},
    )


def _start_of(recipe: Recipe, weights: str) -> str:
    """Hash of the backbone's weights to start from; `none` where they are random, which the recipe's seed decides."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        backbone = with_weights(recipe.backbone, weights)
    registered = pixel_range(recipe.backbone, "none") is not None
    return weights_sha256(backbone.features) if weights != "none" or registered else "none"


def _file_hash(file: Path) -> str:
    try:
        return file_sha256(file)
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}; check the name") from None
