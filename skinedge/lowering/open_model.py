"""Opens whatever was given: a checkpoint to run in torch, a bundle to run in its own runtime, or a training run."""

from __future__ import annotations

from pathlib import Path

import torch

from skinedge.errors import ContractError
from skinedge.evaluation.predict import Model
from skinedge.lowering.deployable import Deployable
from skinedge.runtime.bundle import is_bundle, open_bundle
from skinedge.runtime.engine import Floats
from skinedge.runtime.loading import load_engine
from skinedge.training.checkpoint import WEIGHTS_FILE, Checkpoint, load_checkpoint
from skinedge.training.run import fold_checkpoints


class EagerEngine:
    """A checkpoint run by torch in float32: the reference that every exported program is held against."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._module = Deployable(checkpoint).eval()

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `runtime.engine.Engine.probabilities`."""
        with torch.inference_mode():
            values: Floats = self._module(torch.from_numpy(photo), torch.from_numpy(answers))[0].numpy()
        return values


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
