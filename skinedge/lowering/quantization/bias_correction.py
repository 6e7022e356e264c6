"""Bias correction: what int8 moves on average in each layer is taken back by its bias.

Source: Nagel et al., Data-free quantization through weight equalization and bias correction, ICCV 2019, with means
measured on photos.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from skinedge.lowering.quantization.network_graph import layers, observed_tensors, quantized_submodules
from skinedge.lowering.quantization.observers import Sample, insert_observers
from skinedge.lowering.quantization.plan import Corrections, Quantization, Scheme
from skinedge.lowering.quantization.simulator import Simulator, add_to_channels


def correct_biases(
    simulator: Simulator, samples: Sequence[Sample], *, float_blocks: Iterable[str] = (), scheme: Scheme = "all"
) -> Corrections:
    """What to add to the bias of each layer so that its mean is that of fp32.

    Layers are corrected in their order, each behind those that are corrected already, on one sample; the mean over the
    samples is returned. The more photos a sample holds, the less the first layers correct noise.
    """
    float_blocks = frozenset(float_blocks)
    wanted = {layer.name for layer in simulator.layers if layer.bias is not None and layer.block not in float_blocks}
    found: dict[str, list[Tensor]] = {name: [] for name in wanted}
    for sample in samples:
        means: dict[str, Tensor] = {}

        def note(name: str, out: Tensor, means: dict[str, Tensor] = means) -> Tensor:
            means[name] = _channel_means(out)
            return out

        def correct(name: str, out: Tensor, means: dict[str, Tensor] = means) -> Tensor:
            if name not in wanted:
                return out
            found[name].append(means[name] - _channel_means(out))
            return add_to_channels(out, found[name][-1])

        simulator.run(sample, float_blocks=simulator.block_weights, hook=note)
        simulator.run(sample, float_blocks=float_blocks, hook=correct, scheme=scheme)
    return {name: torch.stack(each).mean(dim=0) for name, each in found.items()}


def add_corrections(observed: nn.Module, corrections: Corrections) -> None:
    """Adds corrections to the biases of an observed network, in place."""
    with torch.no_grad():
        for layer in layers(observed):
            bias = layer.bias
            if bias is not None and layer.name in corrections:
                bias += corrections[layer.name]


def corrected(network: nn.Module, example: Sample, quantization: Quantization) -> nn.Module:
    """The network in float, its biases corrected for weights that a backend quantizes by itself."""
    observed = insert_observers(network, example)
    add_corrections(observed, quantization.corrections["weights"])
    for tensor in list(observed_tensors(observed)):
        tensor.node.replace_all_uses_with(tensor.producer)
        tensor.graph.graph.erase_node(tensor.node)
    for submodule in quantized_submodules(observed):
        getattr(observed, submodule).recompile()
    return observed


def _channel_means(out: Tensor) -> Tensor:
    """(B, C, ...) to (C,)."""
    return out.transpose(0, 1).flatten(1).mean(dim=1)
