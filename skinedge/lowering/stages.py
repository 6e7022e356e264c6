"""The two halves of an inference module as modules of their own, so that each can be measured."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skinedge.lowering.quantization.plan import Quantization
from skinedge.lowering.quantization.quantize import quantize
from skinedge.models.checkpoint import Checkpoint
from skinedge.models.inference import InferenceModule, example_inputs


@dataclass(frozen=True)
class Stage:
    """A module in eval mode, and inputs of the right shapes to trace it with."""

    module: nn.Module
    example: tuple[Tensor, ...]


def split_stages(checkpoint: Checkpoint, quantization: Quantization | None = None) -> dict[str, Stage]:
    """`preprocessing` (photo to pixels), `network` (pixels and answers to probabilities) and the `whole` of both.

    The network is quantized where `quantization` is given, and in float32 otherwise.
    """
    contract, whole = checkpoint.contract, checkpoint.inference_module()
    photo, answers = example_inputs(contract)
    with torch.no_grad():
        pixels = whole.pixels(photo)
    if quantization is not None:
        whole = InferenceModule(contract, quantize(whole.network, (pixels, answers), quantization))
    return {
        "preprocessing": Stage(_Pixels(InferenceModule(contract, nn.Identity())).eval(), (photo,)),
        "network": Stage(_Probabilities(whole), (pixels, answers)),
        "whole": Stage(whole, (photo, answers)),
    }


class _Pixels(nn.Module):
    def __init__(self, whole: InferenceModule) -> None:
        super().__init__()
        self.whole, self.training = whole, False  # exporters warn of a wrapper in training mode

    def forward(self, photo: Tensor) -> Tensor:
        return self.whole.pixels(photo)


class _Probabilities(nn.Module):
    def __init__(self, whole: InferenceModule) -> None:
        super().__init__()
        self.whole, self.training = whole, False  # exporters warn of a wrapper in training mode

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        return self.whole.probabilities(pixels, answers)
