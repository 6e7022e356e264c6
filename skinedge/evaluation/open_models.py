"""Opens whatever was given: a checkpoint to run in torch, a bundle to run in its own runtime, or a training run."""

from __future__ import annotations

from pathlib import Path

from skinedge.evaluation.predict import Model
from skinedge.evaluation.run_folder import checkpoint_in, fold_checkpoints
from skinedge.models.checkpoint import load_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.runtime.bundle import is_bundle, open_bundle
from skinedge.runtime.loading import load_engine

_EXPECTED = "a folder that skinedge export or train wrote"


def open_models(folder: Path) -> tuple[Model, ...]:
    """The model of a bundle or checkpoint, or the models of a training run: of its folds where it has them.

    Raises: ContractError where the folder is none of these, or is damaged.
    """
    if is_bundle(folder):
        bundle = open_bundle(folder)
        return (Model(load_engine(bundle), bundle.contract),)
    folds = fold_checkpoints(folder)
    return tuple(_eager(checkpoint) for checkpoint in folds or [checkpoint_in(folder, expected=_EXPECTED)])


def open_model(folder: Path) -> Model:
    """The one model of a bundle, a checkpoint or a training run, which is the model that was trained on all photos.

    Raises: ContractError where the folder is none of these, or is damaged.
    """
    return open_models(folder if is_bundle(folder) else checkpoint_in(folder, expected=_EXPECTED))[0]


def _eager(folder: Path) -> Model:
    checkpoint = load_checkpoint(folder)
    return Model(EagerEngine(checkpoint), checkpoint.contract)
