"""int8 by post-training quantization (PT2E), from what was found on photos: see `skinedge.lowering.quantization.plan`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain
from typing import Any

import torch
from torch import nn

from skinedge.errors import LoweringError
from skinedge.lowering.quantization.observers import QUANTIZED_SUBMODULES, Place, Sample, insert_observers, layers, places
from skinedge.lowering.quantization.plan import Corrections, Quantization, Ranges, Scheme


def measure_ranges(observed: nn.Module, samples: Iterable[Sample]) -> Ranges:
    """Runs samples through a observed network; returns the range of each activation that costs the least precision.

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
        low, high = together[0].observer._non_linear_param_search()  # least squares over the histogram
        floors, ceilings = zip(*map(_limits, together), strict=True)
        found = max(float(low), *floors), min(float(high), *ceilings)
        ranges |= dict.fromkeys((place.key for place in together), found)
    return ranges


def quantize(network: nn.Module, example: Sample, quantization: Quantization, *, scheme: Scheme = "all") -> nn.Module:
    """The network with int8 weights and activations, but for the blocks that stay in float.

    Args:
        scheme: "weights" where the backend will leave the activations in float again.

    Raises: LoweringError where the ranges are of another network.
    """
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e

    found = quantization.plan
    observed = insert_observers(network, example, per_channel=found.settings.per_channel, float_blocks=found.float_blocks)
    with torch.no_grad():
        observed(*example)  # the observers of the weights look at them in this pass
        set_ranges(observed, found.ranges)
        _correct(observed, quantization.corrections[scheme])
    for part in QUANTIZED_SUBMODULES:
        setattr(observed, part, convert_pt2e(getattr(observed, part)))
    return observed


def correct(network: nn.Module, example: Sample, quantization: Quantization) -> nn.Module:
    """The network in float, its biases corrected for weights that a backend will round by itself."""
    observed = insert_observers(network, example)
    with torch.no_grad():
        _correct(observed, quantization.corrections["weights"])
    for place in list(places(observed)):
        place.node.replace_all_uses_with(place.producer)
        place.graph.graph.erase_node(place.node)
    for part in QUANTIZED_SUBMODULES:
        getattr(observed, part).recompile()
    return observed


def set_ranges(observed: nn.Module, ranges: Ranges) -> None:
    """Gives the observers of activations the ranges to decide for.

    Raises: LoweringError where the ranges are of another network.
    """
    for place in chain.from_iterable(_activations(observed)):
        if place.key not in ranges:
            raise LoweringError("the activation ranges are of another network: calibrate again with skinedge calibrate")
        chosen = tuple(torch.tensor(limit) for limit in ranges[place.key])
        place.observer._non_linear_param_search = lambda chosen=chosen: chosen


def _correct(observed: nn.Module, corrections: Corrections) -> None:
    for layer in layers(observed):
        bias = layer.bias
        if bias is not None and layer.name in corrections:
            bias += corrections[layer.name]


def _activations(observed: nn.Module) -> Iterable[list[Place]]:
    """The places of a observed network that are not weights; those that must have one scale share one observer."""
    found: dict[int, list[Place]] = {}
    for place in places(observed):
        if not place.is_weight:
            found.setdefault(id(place.observer), []).append(place)
    return found.values()


def _limits(place: Place) -> tuple[float, float]:
    """The lowest and highest value that is of any use behind a place.

    The quantizer watches a convolution before its ReLU6 and gives both one scale. Where the values beyond 6 count, most
    levels are spent on what is cut off in the next step; so the limits of the clamp become those of the range.
    """
    users: list[Any] = list(place.node.users)
    if users and all(str(user.target).startswith("aten.hardtanh") for user in users):
        low, high = users[0].args[1:3] or (-1.0, 1.0)
        return float(low), float(high)
    if users and all(str(user.target).startswith("aten.relu") for user in users):
        return 0.0, math.inf
    return -math.inf, math.inf
