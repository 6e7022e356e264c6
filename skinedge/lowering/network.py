"""The module that a backend lowers: an inference module whose network has the numbers that were decided on."""

from __future__ import annotations

import torch
from torch import nn

from skinedge.lowering.precision import ProgramPrecision
from skinedge.models.checkpoint import Checkpoint
from skinedge.models.inference import InferenceModule, example_inputs


def prepare_module(
    checkpoint: Checkpoint, precision: ProgramPrecision, *, quantizes_weights_itself: bool
) -> InferenceModule:
    """The inference module in eval mode; for int8 with a quantized network, and a contract recalibrated for it.

    Args:
        quantizes_weights_itself: the backend does, so that the network stays in float and has its biases corrected.
    """
    module = checkpoint.inference_module()
    quantization, scheme = precision.quantization, precision.scheme
    if quantization is None:
        return module
    from skinedge.lowering.quantization.bias_correction import corrected
    from skinedge.lowering.quantization.quantize import quantize

    photo, answers = example_inputs(checkpoint.contract)
    with torch.no_grad():
        example = module.pixels(photo), answers
        if quantizes_weights_itself:
            network = corrected(checkpoint.net, example, quantization)
        else:
            network = quantize(checkpoint.net, example, quantization, scheme=scheme)
    contract = quantization.plan.recalibrations[scheme].apply(checkpoint.contract)
    return InferenceModule(contract, network)


def count_weights(network: nn.Module) -> int:
    """How many numbers a network has learned."""
    return sum(parameter.numel() for parameter in network.parameters())
