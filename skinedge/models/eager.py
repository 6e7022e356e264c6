"""Runs a checkpoint in torch, in float32: the reference that every exported program is held against."""

from __future__ import annotations

import torch

from skinedge.models.checkpoint import Checkpoint
from skinedge.runtime.engine import Floats


class EagerEngine:
    """A checkpoint run by torch in float32: the reference that every exported program is held against."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._module = checkpoint.inference_module()

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `runtime.engine.Engine.probabilities`."""
        with torch.inference_mode():
            values: Floats = self._module(torch.from_numpy(photo), torch.from_numpy(answers))[0].numpy()
        return values
