"""int8 simulated in float (fake quantization): that of every tensor can be switched off, to see which block costs most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from skinedge.lowering.quantization.network_graph import Layer, ObservedTensor, layers, observed_tensors
from skinedge.lowering.quantization.observers import Sample, set_ranges
from skinedge.lowering.quantization.plan import Corrections, Ranges, Scheme

LayerHook = Callable[[str, Tensor], Tensor]
"""Gets the name of a layer and its output; returns what goes on."""


class Simulator:
    """An observed network with fake quantization in place of its observers. The observed network is used up."""

    def __init__(self, observed: nn.Module, ranges: Ranges, sample: Sample) -> None:
        """Any `sample` will do: the observers of the weights see them while it passes."""
        with torch.no_grad():
            observed(*sample)
        set_ranges(observed, ranges)
        # All are made before the first is put in: two tensors may share an observer.
        self._quantizers = [(tensor, _FakeQuantize(tensor)) for tensor in observed_tensors(observed)]
        for tensor, quantizer in self._quantizers:
            tensor.graph.set_submodule(str(tensor.node.target), quantizer)
        self._network = observed
        self.layers = tuple(layers(observed))
        self._taps = [_tap(layer) for layer in self.layers]
        self.block_weights = Counter[str]()
        for layer in self.layers:
            self.block_weights[layer.block] += layer.weights

    def logits(
        self,
        samples: Iterable[Sample],
        *,
        float_blocks: Iterable[str] = (),
        corrections: Corrections | None = None,
        scheme: Scheme = "all",
    ) -> NDArray[np.float32]:
        """(N, L) logits with these blocks in float and these corrections added to what layers give."""
        hook, float_blocks = adding(corrections or {}), frozenset(float_blocks)
        found = [self.run(sample, float_blocks=float_blocks, hook=hook, scheme=scheme) for sample in samples]
        return np.concatenate([logits.numpy() for logits in found])

    def run(self, sample: Sample, *, float_blocks: Iterable[str], hook: LayerHook, scheme: Scheme = "all") -> Tensor:
        """(B, L) logits of one sample; the output of every layer passes through `hook`."""
        in_float = frozenset(float_blocks)
        for tensor, quantizer in self._quantizers:
            quantizer.is_on = (scheme == "all" or tensor.is_weight) and not tensor.blocks <= in_float
        for tap in self._taps:
            tap.hook = hook
        with torch.no_grad():
            logits: Tensor = self._network(*sample)
        return logits


def adding(corrections: Corrections) -> LayerHook:
    """A hook that adds corrections to the layers that have one."""
    return lambda name, out: add_to_channels(out, corrections[name]) if name in corrections else out


def add_to_channels(out: Tensor, correction: Tensor) -> Tensor:
    """(B, C, ...) and (C,) to their sum."""
    return out + correction.reshape(1, -1, *[1] * (out.dim() - 2))


class _FakeQuantize(nn.Module):
    """Stands where an observer stood: rounds what passes to the levels of int8, or lets it pass."""

    def __init__(self, tensor: ObservedTensor) -> None:
        super().__init__()
        observer = tensor.observer
        scale, zero_point = observer.calculate_qparams()
        self.scale, self.zero_point = scale.float(), zero_point.to(torch.int32)
        self.lowest, self.highest = int(observer.quant_min), int(observer.quant_max)
        self.axis = int(observer.ch_axis) if len(scale) > 1 else None
        self.is_weight, self.is_on = tensor.is_weight, True
        self._weights: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.is_on:
            return x
        if not self.is_weight:
            return self._quantize(x)
        if self._weights is None:  # they never change
            self._weights = self._quantize(x)
        return self._weights

    def _quantize(self, x: Tensor) -> Tensor:
        if self.axis is None:
            return torch.fake_quantize_per_tensor_affine(x, self.scale, self.zero_point, self.lowest, self.highest)
        return torch.fake_quantize_per_channel_affine(x, self.scale, self.zero_point, self.axis, self.lowest, self.highest)


class _Tap(nn.Module):
    """Passes the output of a layer through a hook."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.hook: LayerHook = lambda _, out: out

    def forward(self, x: Tensor) -> Tensor:
        return self.hook(self.name, x)


def _tap(layer: Layer) -> _Tap:
    """Puts a tap behind a layer."""
    tap, target = _Tap(layer.name), f"tap_{layer.node.name}"
    layer.graph.add_submodule(target, tap)
    with layer.graph.graph.inserting_after(layer.node):
        node = layer.graph.graph.call_module(target, (layer.node,))
    layer.node.replace_all_uses_with(node, delete_user_cb=lambda user: user is not node)
    layer.graph.recompile()
    return tap
