"""The quantization error of each layer, for a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from torch import Tensor, nn

from skinedge.contract import Frozen
from skinedge.lowering.quantization.network_graph import Layer
from skinedge.lowering.quantization.observers import Sample, insert_observers
from skinedge.lowering.quantization.plan import Corrections, Quantization, Scheme
from skinedge.lowering.quantization.simulator import Simulator, adding


class LayerError(Frozen):
    """What int8 leaves of a layer's output, with every layer before it in int8 too."""

    layer: str
    block: str
    sqnr_db: float
    """Signal to quantization noise."""
    cosine: float
    weights: int


def quantized_layer_errors(
    network: nn.Module, samples: Sequence[Sample], quantization: Quantization, scheme: Scheme
) -> tuple[LayerError, ...]:
    """What int8 leaves of each layer of a network that is quantized like this, the worst first."""
    plan = quantization.plan
    observed = insert_observers(network, samples[0], per_channel=plan.settings.per_channel)
    simulator = Simulator(observed, plan.ranges, samples[0])
    corrections = quantization.corrections[scheme]
    return layer_errors(simulator, samples, float_blocks=plan.float_blocks, corrections=corrections, scheme=scheme)


def layer_errors(
    simulator: Simulator,
    samples: Iterable[Sample],
    *,
    float_blocks: Iterable[str] = (),
    corrections: Corrections | None = None,
    scheme: Scheme = "all",
) -> tuple[LayerError, ...]:
    """Signal-to-noise ratio and cosine of what each layer gives, int8 against fp32, the worst first."""
    float_blocks, add = frozenset(float_blocks), adding(corrections or {})
    products = {layer.name: np.zeros(4) for layer in simulator.layers}
    for sample in samples:
        exact: dict[str, Tensor] = {}

        def keep(name: str, out: Tensor, exact: dict[str, Tensor] = exact) -> Tensor:
            exact[name] = out.clone()  # activations work in place
            return out

        def compare(name: str, out: Tensor, exact: dict[str, Tensor] = exact) -> Tensor:
            out = add(name, out)
            a, b = exact[name].double().flatten(), out.double().flatten()
            products[name] += [float(x @ y) for x, y in ((a, a), (b, b), (a, b), (a - b, a - b))]
            return out

        simulator.run(sample, float_blocks=simulator.block_weights, hook=keep)
        simulator.run(sample, float_blocks=float_blocks, hook=compare, scheme=scheme)
    found = [_error(layer, *map(float, products[layer.name])) for layer in simulator.layers]
    return tuple(sorted(found, key=lambda error: error.sqnr_db))


def _error(layer: Layer, exact: float, quantized: float, product: float, error: float) -> LayerError:
    # No error at all is written as 120 dB: infinity has no place in a file.
    return LayerError(
        layer=layer.name,
        block=layer.block,
        sqnr_db=min(10 * float(np.log10(max(exact, 1e-30) / max(error, 1e-30))), 120.0),
        cosine=product / max((exact * quantized) ** 0.5, 1e-30),
        weights=layer.weights,
    )
