"""The parts of a network that become int8, as graphs: their layers, and the tensors that an observer stands behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, fx, nn

# Each becomes an int8 program of its own with floats in between: the product of image and clinical features, whose ranges
# differ, and the imputation, where a rounded answer is a wrong answer, stay in float. They cost next to nothing.
_SUBMODULES = ("image_encoder", "clinical", "classifier")
_WHOLE = "whole"

_WEIGHTED = ("aten.conv2d", "aten.linear")


class WholeNetwork(nn.Module):
    """A network without the submodules of ours, which becomes int8 as a whole."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.whole = network

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        """What the network gives."""
        logits: Tensor = self.whole(pixels, answers)
        return logits


def with_submodules(network: nn.Module) -> nn.Module:
    """The network, where it has submodules that become int8 one by one, or else one whose only submodule it is."""
    return network if quantized_submodules(network) else WholeNetwork(network)


def quantized_submodules(network: nn.Module) -> tuple[str, ...]:
    """The submodules that become int8: those of `LesionNet`, that of a `WholeNetwork`, or none."""
    children = dict(network.named_children())
    if children.keys() >= set(_SUBMODULES):
        return _SUBMODULES
    return (_WHOLE,) if _WHOLE in children else ()


@dataclass(frozen=True)
class ObservedTensor:
    """One tensor that int8 quantizes: the observer that `node` calls sees what `producer` gives."""

    submodule: str
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
        return f"{self.submodule}.{self.producer.name}"


@dataclass(frozen=True)
class Layer:
    """A convolution or fully connected layer of an observed network."""

    name: str
    block: str
    graph: fx.GraphModule
    node: fx.Node
    weights: int

    @property
    def bias(self) -> Tensor | None:
        """(channels,), batch normalisation folded in; None where the layer has none."""
        node = self.node.args[2] if len(self.node.args) > 2 else None
        return _attribute(self.graph, str(node.target)) if isinstance(node, fx.Node) else None


def observed_tensors(observed: nn.Module) -> Iterator[ObservedTensor]:
    """Every tensor of an observed network that int8 quantizes, weights among them."""
    from torchao.quantization.pt2e import ObserverBase

    for submodule in quantized_submodules(observed):
        graph: fx.GraphModule = getattr(observed, submodule)
        for node in graph.graph.nodes:
            if node.op == "call_module" and isinstance(graph.get_submodule(node.target), ObserverBase):
                ends = {block_of(submodule, end) for end in (node.args[0], *node.users) if end.op == "call_function"}
                yield ObservedTensor(submodule, graph, node, frozenset(ends))


def layers(observed: nn.Module) -> Iterator[Layer]:
    """The layers with weights of an observed network, in the order in which they run."""
    for submodule in quantized_submodules(observed):
        graph: fx.GraphModule = getattr(observed, submodule)
        for node in graph.graph.nodes:
            if node.op != "call_function" or not str(node.target).startswith(_WEIGHTED):
                continue
            weight = node.args[1]
            while weight.op != "get_attr" and weight.args:  # an observer may stand between
                weight = weight.args[0]
            if weight.op != "get_attr":
                continue  # it is computed from the inputs
            name = f"{submodule}.{weight.target.removesuffix('.weight')}"
            yield Layer(name, block_of(submodule, node), graph, node, _attribute(graph, weight.target).numel())


def block_of(submodule: str, node: fx.Node) -> str:
    """The block of a submodule that a node comes from: `image_encoder.features.3`, `classifier`, `whole.layer1.0`."""
    paths = [str(path) for path, _ in node.meta.get("nn_module_stack", {}).values()]
    if submodule == _WHOLE:
        return ".".join([submodule, *_first_block(paths[-1] if paths else "")])
    for path in paths:
        found = re.search(r"(?:^|[.'\]])(features\.\d+|adapt)(?:$|\.)", path)
        if found:
            return f"{submodule}.{found[1]}"
    return submodule


def _first_block(path: str) -> list[str]:
    """The module that a path leads through first, down to the first that is one of a row of them: `features.3`."""
    names = [name for name in re.sub(r"^L\['self'\]\.?", "", path).split(".") if name]
    numbered = next((i for i, name in enumerate(names) if name.isdigit()), 0)
    return names[: numbered + 1]


def _attribute(graph: fx.GraphModule, target: str) -> Tensor:
    *path, name = target.split(".")
    value: Tensor = getattr(graph.get_submodule(".".join(path)), name)
    return value
