"""The eager engine, which runs a checkpoint in torch."""

from __future__ import annotations

import numpy as np
import torch

from skinedge.models.checkpoint import Checkpoint
from skinedge.models.inference import InferenceModule
from skinedge.runtime.engine import Floats


class EagerEngine:
    """Runs a checkpoint, or a module in eval mode, in torch: the reference that every exported program is compared with."""

    def __init__(self, model: Checkpoint | InferenceModule, *, device: str | torch.device | None = None) -> None:
        """Takes a model.

        Args:
            device: where to run, such as "cuda", to which the model moves; None leaves it where it is.
        """
        module = model if isinstance(model, InferenceModule) else model.inference_module()
        self._module = module if device is None else module.to(device)

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `runtime.engine.Engine.probabilities`."""
        (values,) = self.batch(photo, answers)
        return np.asarray(values)

    def batch(self, photos: Floats, answers: Floats) -> Floats:
        """Runs N photos together.

        Args:
            photos: (N, 3, side_px, side_px) float32, RGB, 0..255.
            answers: (N, fields) float32; see `Contract.encode`.

        Returns: (N, labels) float32, each row as `probabilities` gives it, but for the last bits.
        """
        device = self._module.normalize.mean.device
        with torch.inference_mode():
            found = self._module(torch.from_numpy(photos).to(device), torch.from_numpy(answers).to(device))
        values: Floats = found.cpu().numpy()
        return values
