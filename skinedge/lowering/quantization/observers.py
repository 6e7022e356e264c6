"""Where int8 ranges are measured: a network with an observer behind every tensor that int8 quantizes."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torchao.quantization.pt2e import (
    HistogramObserver,
    MinMaxObserver,
    PerChannelMinMaxObserver,
    UniformQuantizationObserverBase,
)
from torchao.quantization.pt2e.quantize_pt2e import prepare_pt2e
from torchao.quantization.pt2e.quantizer import QuantizationConfig, QuantizationSpec

from skinedge.errors import LoweringError
from skinedge.lowering.quantization.network_graph import ObservedTensor, observed_tensors, quantized_submodules
from skinedge.lowering.quantization.plan import Ranges
from skinedge.lowering.quantization.quantizer import BlockwiseQuantizer

SMALLEST_SCALE = 2.0**-12
"""Of activations: what XNNPACK's own quantizer has."""
SMALLEST_WEIGHT_SCALE = 2.0**-16
"""Biases are stored as int32 in steps of weight scale times activation scale. A channel whose weights are (nearly) zero,
of which a pretrained first layer has several, would get steps so small that its bias overflows and is cut off. XNNPACK's
quantizer stops at 2**-12, which leaves whole layers of small weights with a third of their levels."""

Sample = tuple[Tensor, Tensor]
"""What the network takes: normalised pixels (B, 3, 224, 224) and raw answers (B, F)."""

_FINE_LEVELS = 2**24
"""As many as float32 can count: levels so fine that they tell the edges of bins apart."""


class ActivationObserver(UniformQuantizationObserverBase):  # type: ignore[misc]
    """Collects a histogram of an activation, or stands for a range that is known already, see `fix_range`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # The histogram is searched for the range that costs 256 levels least. How many levels the answer is given in does
        # not change the search.
        self.histogram = HistogramObserver(dtype=torch.int8, qscheme=torch.per_tensor_affine, eps=2.0**-60)
        self.histogram.quant_min, self.histogram.quant_max = 0, _FINE_LEVELS
        self._settings = settings
        self._fixed: Any = None

    def forward(self, x: Tensor) -> Tensor:
        """Gives `x` as it is, and counts its values where the range is not fixed."""
        return x if self._fixed is not None else self.histogram(x)

    def measured_range(self) -> tuple[float, float]:
        """The range, from one edge of a bin to another, that costs the least squared error over all values seen."""
        scale, zero_point = self.histogram.calculate_qparams()
        low = -float(zero_point) * float(scale)
        start, bins = self.histogram.min_val, self.histogram.bins
        width = (self.histogram.max_val - start) / bins
        if not width:
            return float(start), float(start)
        ends = (round((end - float(start)) / float(width)) for end in (low, low + _FINE_LEVELS * float(scale)))
        first, last = (start + width * min(max(end, 0), bins) for end in ends)
        return float(first), float(last)

    def fix_range(self, low: float, high: float) -> None:
        """Decides for this range whatever is seen."""
        self._fixed = MinMaxObserver(**self._settings)
        self._fixed(torch.tensor([low, high]))

    def calculate_qparams(self) -> tuple[Tensor, Tensor]:
        """Scale and zero point, (1,) each."""
        if self._fixed is None:
            self.fix_range(*self.measured_range())
        found: tuple[Tensor, Tensor] = self._fixed.calculate_qparams()
        return found


def insert_observers(
    network: nn.Module, sample: Sample, *, per_channel: bool = True, float_blocks: tuple[str, ...] = ()
) -> nn.Module:
    """A copy of the network whose submodules observe what passes through them.

    Args:
        sample: as many photos at a time as the copy takes.
        per_channel: one scale for each output channel of a layer's weights, not one for all of them.
        float_blocks: blocks that are left alone, by the names of `Layer.block`.
    """
    inputs: dict[str, tuple[Tensor, ...]] = {}
    observed = copy.deepcopy(network).eval()
    hooks = [
        getattr(observed, name).register_forward_pre_hook(lambda _, given, name=name: inputs.update({name: given}))
        for name in quantized_submodules(observed)
    ]
    with torch.no_grad():
        observed(*sample)
    for hook in hooks:
        hook.remove()
    config = _configuration(per_channel)
    for name in quantized_submodules(observed):
        exported = torch.export.export(getattr(observed, name), inputs[name])
        setattr(observed, name, prepare_pt2e(exported.module(), BlockwiseQuantizer(name, config, float_blocks)))
    return observed


def measure_ranges(observed: nn.Module, samples: Iterable[Sample]) -> Ranges:
    """The range of each activation that costs the least precision on these samples.

    Raises: LoweringError where there is no sample.
    """
    count = 0
    with torch.no_grad():
        for sample in samples:
            observed(*sample)
            count += 1
    if not count:
        raise LoweringError("no photo to calibrate on: give a data set with at least one photo")
    ranges: dict[str, tuple[float, float]] = {}
    for together in _activations(observed):
        low, high = together[0].observer.measured_range()
        floors, ceilings = zip(*map(_useful_limits, together), strict=True)
        ranges |= dict.fromkeys((tensor.key for tensor in together), (max(low, *floors), min(high, *ceilings)))
    return ranges


def set_ranges(observed: nn.Module, ranges: Ranges) -> None:
    """Gives the observers of activations their ranges.

    Raises: LoweringError where the ranges are of another network.
    """
    for tensor in chain.from_iterable(_activations(observed)):
        if tensor.key not in ranges:
            raise LoweringError("the activation ranges are of another network: calibrate again with skinedge calibrate")
        tensor.observer.fix_range(*ranges[tensor.key])


def _configuration(per_channel: bool) -> QuantizationConfig:
    """int8 as XNNPACK computes it: activations with a zero point, weights symmetric."""
    activation = QuantizationSpec(
        dtype=torch.int8,
        quant_min=-128,
        quant_max=127,
        qscheme=torch.per_tensor_affine,
        observer_or_fake_quant_ctr=ActivationObserver.with_args(eps=SMALLEST_SCALE),
    )
    weight = QuantizationSpec(
        dtype=torch.int8,
        quant_min=-127,
        quant_max=127,
        qscheme=torch.per_channel_symmetric if per_channel else torch.per_tensor_symmetric,
        ch_axis=0,
        observer_or_fake_quant_ctr=(PerChannelMinMaxObserver if per_channel else MinMaxObserver).with_args(
            eps=SMALLEST_WEIGHT_SCALE
        ),
    )
    return QuantizationConfig(activation, activation, weight, None)


def _activations(observed: nn.Module) -> Iterable[list[ObservedTensor]]:
    """The observed tensors that are not weights; those that must have one scale share one observer."""
    found: dict[int, list[ObservedTensor]] = {}
    for tensor in observed_tensors(observed):
        if not tensor.is_weight:
            found.setdefault(id(tensor.observer), []).append(tensor)
    return found.values()


def _useful_limits(tensor: ObservedTensor) -> tuple[float, float]:
    """The lowest and highest value that is of any use behind an observed tensor.

    A convolution and the ReLU6 behind it have one scale. Where the values beyond 6 count, most levels are spent on what is
    cut off in the next step; so the limits of the clamp become those of the range.
    """
    users: list[Any] = list(tensor.node.users)
    if users and all(str(user.target).startswith("aten.hardtanh") for user in users):
        low, high = users[0].args[1:3] or (-1.0, 1.0)
        return float(low), float(high)
    if users and all(str(user.target).startswith("aten.relu") for user in users):
        return 0.0, math.inf
    return -math.inf, math.inf
