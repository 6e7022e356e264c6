"""The module that is exported: raw pixels and raw answers in, calibrated probabilities out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skinedge.contract import MISSING, Contract
from skinedge.preprocess.pipeline import Enhance, Normalize, halve


class InferenceModule(nn.Module):
    """Halving, colour constancy, CLAHE, normalisation, imputation, network and temperature in one module.

    `network` takes normalised pixels (B, 3, 224, 224) and raw answers (B, F) to logits (B, L); it may be quantized.
    Everything before and after it stays in float32. `contract` says side, range of pixels and temperature.
    """

    def __init__(self, contract: Contract, network: nn.Module) -> None:
        super().__init__()
        self.contract, config = contract, contract.network
        self.enhance = Enhance(config.side_px)
        self.normalize = Normalize(config.pixel_mean, config.pixel_std)
        self.network = network
        self.inverse_temperature = 1 / contract.temperature
        for module in self.modules():
            module.training = False  # Not eval(), which may not be called of a network that PT2E quantized.

    def pixels(self, photo: Tensor) -> Tensor:
        """(B, 3, 448, 448) float32 in [0, 255] to the network's input, (B, 3, 224, 224)."""
        normalized: Tensor = self.normalize(self.enhance(halve(photo)))
        return normalized

    def forward(self, photo: Tensor, answers: Tensor) -> Tensor:
        """(B, 3, 448, 448) float32 in [0, 255] and (B, F) raw answers to (B, L) probabilities."""
        return self.probabilities(self.pixels(photo), answers)

    def probabilities(self, pixels: Tensor, answers: Tensor) -> Tensor:
        """What `pixels` returns and (B, F) raw answers to (B, L) probabilities."""
        logits: Tensor = self.network(pixels, answers)
        return (logits * self.inverse_temperature).softmax(dim=1)


def example_inputs(contract: Contract) -> tuple[Tensor, Tensor]:
    """Inputs of the right shapes and ranges for tracing, batch of one."""
    side = contract.image.side_px
    generator = torch.Generator().manual_seed(0)
    photo = torch.rand(1, 3, side, side, generator=generator) * 255
    return photo, torch.full((1, len(contract.fields)), MISSING)
