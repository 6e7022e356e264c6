"""A network made ready for int8: graphs in which an observer stands wherever a tensor will be rounded."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

# Each part becomes an int8 program of its own with floats in between: the product of image and clinical features, whose
# ranges differ, and the imputation, where a rounded answer is a wrong answer, stay in float. They cost next to nothing.
QUANTIZED_SUBMODULES = ("image_encoder", "clinical", "classifier")

SMALLEST_WEIGHT_SCALE = 2.0**-16
"""Biases are stored as int32 in steps of weight scale times activation scale. A channel whose weights are (nearly) zero,
of which a pretrained first layer has several, would get steps so small that its bias overflows and is cut off. XNNPACK's
quantizer stops at 2**-12, which leaves whole layers of small weights with a third of their levels."""

Sample = tuple[Tensor, Tensor]
"""What the network takes: normalised pixels (B, 3, 224, 224) and raw answers (B, F)."""

_WEIGHTED = ("aten.conv2d", "aten.linear")


@dataclass(frozen=True)
class Place:
    """One tensor that is rounded: the observer `name` of `graph` watches what `producer` gives."""

    part: str
    graph: fx.GraphModule
    node: fx.Node
    blocks: frozenset[str]
    """The blocks at both ends, or of the layer for weights: in float where all of them are."""

    @property
    def producer(self) -> fx.Node:
        node = self.node.args[0]
        assert isinstance(node, fx.Node)
        return node

    @property
    def observer(self) -> Any:
        return self.graph.get_submodule(str(self.node.target))

    @property
    def is_weight(self) -> bool:
        return self.producer.op == "get_attr"

    @property
    def key(self) -> str:
        """A name that stays the same whichever blocks are in float."""
        return f"{self.part}.{self.producer.name}"


@dataclass(frozen=True)
class Layer:
    """A convolution or fully connected layer of a observed network."""

    name: str
    block: str
    part: str
    graph: fx.GraphModule
    node: fx.Node
    weights: int

    @property
    def bias(self) -> Tensor | None:
        """(channels,), batch normalisation folded in; None where the layer has none."""
        node = self.node.args[2] if len(self.node.args) > 2 else None
        return _attribute(self.graph, str(node.target)) if isinstance(node, fx.Node) else None


def insert_observers(
    network: nn.Module, sample: Sample, *, per_channel: bool = True, float_blocks: tuple[str, ...] = ()
) -> nn.Module:
    """A copy of the network, for as many photos at a time as `sample` has, whose parts watch what passes through them.

    Args:
        per_channel: one scale for each output channel of a layer's weights, not one for all of them.
        float_blocks: blocks that are left alone, by the names of `Layer.block`.
    """
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from torchao.quantization.pt2e.quantize_pt2e import prepare_pt2e

    class PartlyFloat(XNNPACKQuantizer):  # type: ignore[misc]
        """XNNPACK's quantizer, which leaves some blocks of a part alone."""

        def __init__(self, part: str) -> None:
            super().__init__()
            self.part = part

        def annotate(self, model: Any) -> Any:
            model = super().annotate(model)
            for node in model.graph.nodes:
                if _block(self.part, node) in float_blocks:
                    node.meta.pop("quantization_annotation", None)
            return model

    inputs: dict[str, tuple[Tensor, ...]] = {}
    observed = copy.deepcopy(network).eval()
    hooks = [
        getattr(observed, part).register_forward_pre_hook(lambda _, given, part=part: inputs.update({part: given}))
        for part in QUANTIZED_SUBMODULES
    ]
    with torch.no_grad():
        observed(*sample)
    for hook in hooks:
        hook.remove()
    for part in QUANTIZED_SUBMODULES:
        quantizer = PartlyFloat(part).set_global(get_symmetric_quantization_config(is_per_channel=per_channel))
        exported = torch.export.export(getattr(observed, part), inputs[part])
        setattr(observed, part, prepare_pt2e(exported.module(), quantizer))
    for place in places(observed):
        if place.is_weight:
            place.observer.eps.fill_(SMALLEST_WEIGHT_SCALE)
    return observed


def places(observed: nn.Module) -> Iterator[Place]:
    """Every place of a observed network where int8 scheme, weights among them."""
    from torchao.quantization.pt2e import ObserverBase

    for part in QUANTIZED_SUBMODULES:
        graph: fx.GraphModule = getattr(observed, part)
        for node in graph.graph.nodes:
            if node.op == "call_module" and isinstance(graph.get_submodule(node.target), ObserverBase):
                ends = {_block(part, end) for end in (node.args[0], *node.users) if end.op == "call_function"}
                yield Place(part, graph, node, frozenset(ends))


def layers(observed: nn.Module) -> Iterator[Layer]:
    """The layers with weights of a observed network, in the order in which they run."""
    for part in QUANTIZED_SUBMODULES:
        graph: fx.GraphModule = getattr(observed, part)
        for node in graph.graph.nodes:
            if node.op != "call_function" or not str(node.target).startswith(_WEIGHTED):
                continue
            weight = node.args[1]
            while weight.op != "get_attr":  # an observer may stand between
                weight = weight.args[0]
            name = f"{part}.{weight.target.removesuffix('.weight')}"
            yield Layer(name, _block(part, node), part, graph, node, _attribute(graph, weight.target).numel())


def _block(part: str, node: fx.Node) -> str:
    """The block of a part that a node comes from: `image_encoder.features.3`, `classifier`."""
    for path, _ in node.meta.get("nn_module_stack", {}).values():
        found = re.search(r"(?:^|[.'\]])(features\.\d+|adapt)(?:$|\.)", str(path))
        if found:
            return f"{part}.{found[1]}"
    return part


def _attribute(graph: fx.GraphModule, target: str) -> Tensor:
    *path, name = target.split(".")
    value: Tensor = getattr(graph.get_submodule(".".join(path)), name)
    return value
