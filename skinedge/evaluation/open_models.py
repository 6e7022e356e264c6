"""Opens the models in a folder: a checkpoint to run in torch, a bundle to run in its own runtime, or a training run."""

from __future__ import annotations

from pathlib import Path

from skinedge.evaluation.predict import Model
from skinedge.evaluation.run_folder import checkpoint_in, fold_checkpoints, inputs_around
from skinedge.models.checkpoint import load_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.runtime.bundle import is_bundle, open_bundle
from skinedge.runtime.loading import load_engine

_EXPECTED = "a folder that skinedge export or train wrote"


def open_models(folder: Path) -> tuple[Model, ...]:
    """The model of a bundle or checkpoint, or the fold models of a training run, where it has them.

    Raises: ContractError where the folder is none of these, or is damaged.
    """
    if is_bundle(folder):
        bundle = open_bundle(folder)
        return (Model(load_engine(bundle), bundle.contract),)
    folds = fold_checkpoints(folder)
    return tuple(_eager(checkpoint) for checkpoint in folds or [checkpoint_in(folder, expected=_EXPECTED)])


def open_model(folder: Path) -> Model:
    """The model of a bundle or checkpoint, or the final model of a training run.

    Raises: ContractError where the folder is none of these, or is damaged.
    """
    return open_models(folder if is_bundle(folder) else checkpoint_in(folder, expected=_EXPECTED))[0]


def _eager(folder: Path) -> Model:
    checkpoint = load_checkpoint(folder)
    return Model(EagerEngine(checkpoint), checkpoint.contract, inputs_around(folder))
