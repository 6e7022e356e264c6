"""int8 simulated in float: the rounding of every tensor can be switched off, to see which block costs most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from skinedge.contract import Frozen
from skinedge.lowering.quantization.observers import Layer, Place, Sample, insert_observers, layers, places
from skinedge.lowering.quantization.plan import Corrections, Quantization, Ranges, Scheme
from skinedge.lowering.quantization.quantize import set_ranges

Look = Callable[[str, Tensor], Tensor]
"""Sees what the layer of this name gives, and says what goes on."""


class LayerLoss(Frozen):
    """What int8 leaves of a layer's output, with every layer before it in int8 too."""

    layer: str
    block: str
    sqnr_db: float
    cosine: float
    weights: int


class Simulator:
    """A observed network with roundings in the places of its observers. The observed network is used up."""

    def __init__(self, observed: nn.Module, ranges: Ranges, sample: Sample) -> None:
        """Any `sample` will do: the observers of the weights look at them while it passes."""
        with torch.no_grad():
            observed(*sample)
        set_ranges(observed, ranges)
        # What to put is known only once every observer was asked: two places may share one.
        self._roundings = [(place, _Rounding(place)) for place in places(observed)]
        for place, rounding in self._roundings:
            place.graph.set_submodule(str(place.node.target), rounding)
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
        looks = _adding(corrections or {})
        return np.concatenate([self._run(sample, float_blocks, looks, scheme).numpy() for sample in samples])

    def correct(self, samples: Sequence[Sample], *, float_blocks: Iterable[str] = (), scheme: Scheme = "all") -> Corrections:
        """What to add to the bias of each layer so that its mean is that of fp32.

        Layers are corrected in their order, each behind those that are corrected already, on one sample; the mean over the
        samples is returned. The more photos a sample holds, the less the first layers correct what is chance.

        Source: bias correction of Nagel et al., Data-free quantization, ICCV 2019, with means measured on photos.
        """
        float_blocks = frozenset(float_blocks)
        wanted = {layer.name for layer in self.layers if layer.bias is not None and layer.block not in float_blocks}
        found: dict[str, list[Tensor]] = {name: [] for name in wanted}
        for sample in samples:
            means: dict[str, Tensor] = {}

            def note(name: str, out: Tensor, means: dict[str, Tensor] = means) -> Tensor:
                means[name] = _mean(out)
                return out

            def correct(name: str, out: Tensor, means: dict[str, Tensor] = means) -> Tensor:
                if name not in wanted:
                    return out
                found[name].append(means[name] - _mean(out))
                return _add(out, found[name][-1])

            self._run(sample, self.block_weights, note)
            self._run(sample, float_blocks, correct, scheme)
        return {name: torch.stack(each).mean(dim=0) for name, each in found.items()}

    def losses(
        self,
        samples: Iterable[Sample],
        *,
        float_blocks: Iterable[str] = (),
        corrections: Corrections | None = None,
        scheme: Scheme = "all",
    ) -> tuple[LayerLoss, ...]:
        """Signal-to-noise ratio and cosine of what each layer gives, int8 against fp32, the worst first."""
        float_blocks, adding = frozenset(float_blocks), _adding(corrections or {})
        products = {layer.name: np.zeros(4) for layer in self.layers}
        for sample in samples:
            exact: dict[str, Tensor] = {}

            def keep(name: str, out: Tensor, exact: dict[str, Tensor] = exact) -> Tensor:
                exact[name] = out.clone()  # activations work in place
                return out

            self._run(sample, self.block_weights, keep)

            def look(name: str, out: Tensor, exact: dict[str, Tensor] = exact) -> Tensor:
                out = adding(name, out)
                a, b = exact[name].double().flatten(), out.double().flatten()
                products[name] += [float(x @ y) for x, y in ((a, a), (b, b), (a, b), (a - b, a - b))]
                return out

            self._run(sample, float_blocks, look, scheme)
        found = [_loss(layer, *map(float, products[layer.name])) for layer in self.layers]
        return tuple(sorted(found, key=lambda loss: loss.sqnr_db))

    def _run(self, sample: Sample, float_blocks: Iterable[str], look: Look, scheme: Scheme = "all") -> Tensor:
        in_float = frozenset(float_blocks)
        for place, rounding in self._roundings:
            rounding.scheme = (scheme == "all" or place.is_weight) and not place.blocks <= in_float
        for tap in self._taps:
            tap.look = look
        with torch.no_grad():
            logits: Tensor = self._network(*sample)
        return logits


def layer_losses(
    network: nn.Module, samples: Sequence[Sample], quantization: Quantization, scheme: Scheme
) -> tuple[LayerLoss, ...]:
    """What int8 leaves of each layer of a network that is quantized like this, the worst first."""
    found = quantization.plan
    observed = insert_observers(network, samples[0], per_channel=found.settings.per_channel)
    simulator = Simulator(observed, found.ranges, samples[0])
    corrections = quantization.corrections[scheme]
    return simulator.losses(samples, float_blocks=found.float_blocks, corrections=corrections, scheme=scheme)


class _Rounding(nn.Module):
    """Stands where an observer stood: scheme what passes to the levels of int8, or lets it pass."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        observer = place.observer
        scale, zero_point = observer.calculate_qparams()
        self.scale, self.zero_point = scale.float(), zero_point.to(torch.int32)
        self.lowest, self.highest = int(observer.quant_min), int(observer.quant_max)
        self.axis = int(observer.ch_axis) if len(scale) > 1 else None
        self.is_weight, self.scheme = place.is_weight, True
        self._weights: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.scheme:
            return x
        if not self.is_weight:
            return self._round(x)
        if self._weights is None:  # they never change
            self._weights = self._round(x)
        return self._weights

    def _round(self, x: Tensor) -> Tensor:
        if self.axis is None:
            return torch.fake_quantize_per_tensor_affine(x, self.scale, self.zero_point, self.lowest, self.highest)
        return torch.fake_quantize_per_channel_affine(x, self.scale, self.zero_point, self.axis, self.lowest, self.highest)


class _Tap(nn.Module):
    """Shows what a layer gives to whoever looks."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.look: Look = lambda _, out: out

    def forward(self, x: Tensor) -> Tensor:
        return self.look(self.name, x)


def _tap(layer: Layer) -> _Tap:
    """Puts a tap behind a layer."""
    tap, target = _Tap(layer.name), f"tap_{layer.node.name}"
    layer.graph.add_submodule(target, tap)
    with layer.graph.graph.inserting_after(layer.node):
        node = layer.graph.graph.call_module(target, (layer.node,))
    layer.node.replace_all_uses_with(node, delete_user_cb=lambda user: user is not node)
    layer.graph.recompile()
    return tap


def _adding(corrections: Corrections) -> Look:
    return lambda name, out: _add(out, corrections[name]) if name in corrections else out


def _add(out: Tensor, correction: Tensor) -> Tensor:
    return out + correction.reshape(1, -1, *[1] * (out.dim() - 2))


def _mean(out: Tensor) -> Tensor:
    """(B, C, ...) to (C,)."""
    return out.transpose(0, 1).flatten(1).mean(dim=1)


def _loss(layer: Layer, exact: float, rounded: float, product: float, error: float) -> LayerLoss:
    # No error at all is written as 120 dB: infinity has no place in a file.
    return LayerLoss(
        layer=layer.name,
        block=layer.block,
        sqnr_db=min(10 * float(np.log10(max(exact, 1e-30) / max(error, 1e-30))), 120.0),
        cosine=product / max((exact * rounded) ** 0.5, 1e-30),
        weights=layer.weights,
    )
