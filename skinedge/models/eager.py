"""The eager engine, which runs a checkpoint in torch."""

from __future__ import annotations

import torch

from skinedge.models.checkpoint import Checkpoint
from skinedge.runtime.engine import Floats


class EagerEngine:
    """Runs a checkpoint in torch, in float32: the reference that every exported program is compared with."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._module = checkpoint.inference_module()

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `runtime.engine.Engine.probabilities`."""
        with torch.inference_mode():
            values: Floats = self._module(torch.from_numpy(photo), torch.from_numpy(answers))[0].numpy()
        return values
