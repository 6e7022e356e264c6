"""The eager engine, which runs a checkpoint in torch."""

from __future__ import annotations

import torch

from skinedge.models.checkpoint import Checkpoint
from skinedge.models.inference import InferenceModule
from skinedge.runtime.engine import Floats


class EagerEngine:
    """Runs a checkpoint, or a module in eval mode, in torch: the reference that every exported program is compared with."""

    def __init__(self, model: Checkpoint | InferenceModule) -> None:
        self._module = model if isinstance(model, InferenceModule) else model.inference_module()

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `runtime.engine.Engine.probabilities`."""
        device = self._module.normalize.mean.device
        with torch.inference_mode():
            found = self._module(torch.from_numpy(photo).to(device), torch.from_numpy(answers).to(device))
        values: Floats = found[0].cpu().numpy()
        return values
