"""The module that is exported: raw pixels and raw answers in, calibrated probabilities out."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from skinedge.lowering.quantization.observers import QUANTIZED_SUBMODULES
from skinedge.models.backbones import NORMALIZATIONS
from skinedge.models.checkpoint import Checkpoint
from skinedge.preprocess.clahe import Clahe
from skinedge.preprocess.pipeline import Enhance, Normalize, halve

ModuleType = TypeVar("ModuleType", bound=nn.Module)


class InferenceModule(nn.Module):
    """Halving, colour constancy, CLAHE, normalisation, imputation, network and temperature in one program.

    `network` takes normalised pixels (B, 3, 224, 224) and raw answers (B, F) to logits (B, L); it may be quantized.
    Everything before and after it stays in float32. `contract` is the checkpoint's.
    """

    def __init__(self, checkpoint: Checkpoint, network: nn.Module | None = None) -> None:
        super().__init__()
        self.contract, recipe = checkpoint.contract, checkpoint.recipe
        self.enhance = Enhance(recipe.side_px)
        self.normalize = Normalize(*NORMALIZATIONS[recipe.normalization])
        self.network = network if network is not None else checkpoint.net
        self.inverse_temperature = 1 / checkpoint.contract.temperature

    def pixels(self, photo: Tensor) -> Tensor:
        """(B, 3, 448, 448) float32 in [0, 255] to what the network takes, (B, 3, 224, 224)."""
        normalized: Tensor = self.normalize(self.enhance(halve(photo)))
        return normalized

    def forward(self, photo: Tensor, answers: Tensor) -> Tensor:
        """(B, 3, 448, 448) float32 in [0, 255] and (B, F) raw answers to (B, L) probabilities."""
        return self.probabilities(self.pixels(photo), answers)

    def probabilities(self, pixels: Tensor, answers: Tensor) -> Tensor:
        """What `pixels` returns and (B, F) raw answers to (B, L) probabilities."""
        logits: Tensor = self.network(pixels, answers)
        return (logits * self.inverse_temperature).softmax(dim=1)


def folded(module: ModuleType) -> ModuleType:
    """A copy whose batch normalisation is folded into the filters of its network, which keep their names."""
    from torch.fx.experimental.optimization import fuse

    copied = copy.deepcopy(module)
    network: Any = copied.network
    for part in QUANTIZED_SUBMODULES:
        setattr(network, part, fuse(getattr(network, part)))
    return copied


def without_scatter(module: ModuleType) -> ModuleType:
    """A copy of a module, in which CLAHE counts levels by a product of matrices, to the same numbers."""
    copied = copy.deepcopy(module)
    for part in copied.modules():
        if isinstance(part, Clahe):
            part.by_product = True
    return copied


def example_inputs(checkpoint: Checkpoint) -> tuple[Tensor, Tensor]:
    """Inputs of the right shapes and ranges for tracing, batch of one."""
    side = checkpoint.contract.image.side_px
    generator = torch.Generator().manual_seed(0)
    photo = torch.rand(1, 3, side, side, generator=generator) * 255
    return photo, torch.full((1, len(checkpoint.contract.fields)), -1.0)
