"""Opens whatever was given: a checkpoint to run in torch, a bundle to run in its own runtime, or a training run."""

from __future__ import annotations

from pathlib import Path

from skinedge.errors import ContractError
from skinedge.evaluation.predict import Model
from skinedge.evaluation.run_folder import fold_checkpoints
from skinedge.models.checkpoint import WEIGHTS_FILE, load_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.runtime.bundle import is_bundle, open_bundle
from skinedge.runtime.loading import load_engine


def open_models(folder: Path) -> tuple[Model, ...]:
    """The model of a bundle or checkpoint, or the fold models of a folder that `skinedge train` wrote.

    Raises: ContractError where the folder is none of these, or is damaged.
    """
    if is_bundle(folder):
        bundle = open_bundle(folder)
        return (Model(load_engine(bundle), bundle.contract),)
    if (folder / WEIGHTS_FILE).is_file():
        return (_eager(folder),)
    folds = fold_checkpoints(folder)
    if folds:
        return tuple(_eager(fold) for fold in folds)
    raise ContractError(
        f"{folder} is neither a bundle, a checkpoint nor a training run: give a folder made by skinedge export or train"
    )


def _eager(folder: Path) -> Model:
    checkpoint = load_checkpoint(folder)
    return Model(EagerEngine(checkpoint), checkpoint.contract)
