"""int8 by post-training quantization (PT2E), from what was found on photos: see `skinedge.lowering.quantization.plan`."""

from __future__ import annotations

import torch
from torch import nn

from skinedge.lowering.quantization.bias_correction import add_corrections
from skinedge.lowering.quantization.network_graph import quantized_submodules
from skinedge.lowering.quantization.observers import Sample, insert_observers, set_ranges
from skinedge.lowering.quantization.plan import Quantization, Scheme


def quantize(network: nn.Module, example: Sample, quantization: Quantization, *, scheme: Scheme = "all") -> nn.Module:
    """The network with int8 weights and activations, but for the blocks that stay in float.

    Args:
        scheme: "weights" where the backend will leave the activations in float again.

    Raises: LoweringError where the ranges are of another network.
    """
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e

    plan = quantization.plan
    observed = insert_observers(network, example, per_channel=plan.settings.per_channel, float_blocks=plan.float_blocks)
    with torch.no_grad():
        observed(*example)  # the observers of the weights see them in this pass
    set_ranges(observed, plan.ranges)
    add_corrections(observed, quantization.corrections[scheme])
    for submodule in quantized_submodules(observed):
        setattr(observed, submodule, convert_pt2e(getattr(observed, submodule)))
    return observed
