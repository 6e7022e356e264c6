"""The two halves of a inference module as modules of their own, so that each can be measured."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skinedge.lowering.quantization.plan import Quantization
from skinedge.lowering.quantization.quantize import quantize
from skinedge.models.checkpoint import Checkpoint
from skinedge.models.inference import InferenceModule, example_inputs


@dataclass(frozen=True)
class Part:
    """A module in eval mode, and inputs of the right shapes to trace it with."""

    module: nn.Module
    example: tuple[Tensor, ...]


def split(checkpoint: Checkpoint, quantization: Quantization | None = None) -> dict[str, Part]:
    """`preprocessing` (photo to pixels), `network` (pixels and answers to probabilities) and the `whole` of both.

    The network is quantized where `quantization` is given, and in float32 otherwise.
    """
    contract = checkpoint.contract
    whole = InferenceModule(contract, checkpoint.net).eval()
    photo, answers = example_inputs(contract)
    with torch.no_grad():
        pixels = whole.pixels(photo)
    if quantization is not None:
        whole = InferenceModule(contract, quantize(whole.network, (pixels, answers), quantization))
    return {
        "preprocessing": Part(_Pixels(InferenceModule(contract, nn.Identity()).eval()), (photo,)),
        "network": Part(_Probabilities(whole), (pixels, answers)),
        "whole": Part(whole, (photo, answers)),
    }


class _Pixels(nn.Module):
    def __init__(self, whole: InferenceModule) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, photo: Tensor) -> Tensor:
        return self.whole.pixels(photo)


class _Probabilities(nn.Module):
    def __init__(self, whole: InferenceModule) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        return self.whole.probabilities(pixels, answers)
