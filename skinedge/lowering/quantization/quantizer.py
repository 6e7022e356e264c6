"""Which tensors int8 quantizes: an annotation of the operators that int8 kernels on phones run.

It gives what ExecuTorch's XNNPACKQuantizer gives, on the base class that torchao offers for it: so that exporting to ONNX
and calibrating need no ExecuTorch, and that blocks in float are left alone from the start.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import fx
from torchao.quantization.pt2e.quantizer import (
    QuantizationAnnotation,
    QuantizationConfig,
    Quantizer,
    SharedQuantizationSpec,
)

from skinedge.lowering.quantization.network_graph import block_of

_ATEN = torch.ops.aten
_ANNOTATION = "quantization_annotation"
"""Where torchao looks for annotations in the metadata of a node."""

_CONVOLUTIONS = frozenset({_ATEN.conv1d.default, _ATEN.conv2d.default})
_LINEAR = frozenset({_ATEN.linear.default})
_ARITHMETIC = frozenset({_ATEN.add.Tensor, _ATEN.add_.Tensor, _ATEN.mul.Tensor, _ATEN.mul_.Tensor})
_RELU = frozenset({_ATEN.relu.default, _ATEN.relu_.default})
_POOL = _ATEN.adaptive_avg_pool2d.default
_SAME_SCALE = frozenset(
    {
        _ATEN.relu.default,
        _ATEN.hardtanh.default,
        _ATEN.hardtanh_.default,
        _ATEN.max_pool2d.default,
        _ATEN.mean.default,
        _ATEN.mean.dim,
        _ATEN.permute.default,
        _ATEN.transpose.int,
        _ATEN.squeeze.dim,
        _ATEN.view.default,
        _ATEN.reshape.default,
        _ATEN.flatten.using_ints,
    }
)
"""Operators that only move, cut off or average: their output keeps the scale of their input."""


class BlockwiseQuantizer(Quantizer):  # type: ignore[misc]
    """Annotates one submodule of a network; nothing in the blocks that stay in float."""

    def __init__(self, submodule: str, config: QuantizationConfig, float_blocks: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._submodule, self._config, self._float_blocks = submodule, config, frozenset(float_blocks)

    def annotate(self, model: fx.GraphModule) -> fx.GraphModule:
        """Annotates the nodes of a graph in place: layers, then sums and products, then what keeps their scale."""
        nodes = [node for node in model.graph.nodes if node.op == "call_function"]
        for node in nodes:
            if node.target in _CONVOLUTIONS | _LINEAR:
                self._annotate_pair(node, {node.args[0]: self._config.input_activation, node.args[1]: self._config.weight})
        for node in nodes:
            if node.target is _POOL:
                self._annotate_pool(node)
        for node in nodes:
            if node.target in _ARITHMETIC and all(map(_is_float_tensor, node.args[:2])):
                self._annotate_pair(node, dict.fromkeys(node.args[:2], self._config.input_activation))
        for node in nodes:
            if node.target is _ATEN.cat.default:
                self._annotate_concatenation(node)
        for node in nodes:
            if node.target in _SAME_SCALE and self._quantizes(node) and _has_scale(node.args[0]):
                shared = SharedQuantizationSpec(node.args[0])
                _annotate(node, {node.args[0]: shared}, shared)
        return model

    def validate(self, model: fx.GraphModule) -> None:
        """Accepts every graph: what is not annotated stays in float."""

    def _quantizes(self, node: fx.Node) -> bool:
        return _ANNOTATION not in node.meta and block_of(self._submodule, node) not in self._float_blocks

    def _annotate_pair(self, node: fx.Node, inputs: dict[Any, Any]) -> None:
        """An operator, or together with the ReLU that alone follows it, of which only the end is quantized."""
        if not self._quantizes(node):
            return
        relu = next(iter(node.users)) if len(node.users) == 1 else None
        if relu is not None and relu.target in _RELU and self._quantizes(relu):
            _annotate(node, inputs, None)
            _annotate(relu, {}, self._config.output_activation)
        else:
            _annotate(node, inputs, self._config.output_activation)

    def _annotate_pool(self, node: fx.Node) -> None:
        if self._quantizes(node):
            given = node.args[0]
            spec = SharedQuantizationSpec(given) if _has_scale(given) else self._config.input_activation
            _annotate(node, {given: spec}, SharedQuantizationSpec((given, node)))

    def _annotate_concatenation(self, node: fx.Node) -> None:
        """All that is concatenated has one scale: that of the first that has one already."""
        if not self._quantizes(node):
            return
        given = list(node.args[0])  # type: ignore[arg-type]
        first = next((one for one in given if _has_scale(_behind(one))), given[0])
        shared = SharedQuantizationSpec((first, node))
        _annotate(node, {first: self._config.input_activation} | {one: shared for one in given if one is not first}, shared)


def _annotate(node: fx.Node, inputs: dict[Any, Any], output: Any) -> None:
    node.meta[_ANNOTATION] = QuantizationAnnotation(input_qspec_map=inputs, output_qspec=output)


def _has_scale(node: Any) -> bool:
    """Whether the output of a node is annotated."""
    annotation = node.meta.get(_ANNOTATION) if isinstance(node, fx.Node) else None
    return annotation is not None and annotation.output_qspec is not None


def _behind(node: Any) -> Any:
    """The node that gives a tensor its scale: the first on the way back that does more than keep it, or has one already."""
    while isinstance(node, fx.Node) and not _has_scale(node) and node.target in _SAME_SCALE | {_POOL}:
        node = node.args[0]
    return node


def _is_float_tensor(node: Any) -> bool:
    value = node.meta.get("val") if isinstance(node, fx.Node) else None
    return isinstance(value, torch.Tensor) and value.dtype == torch.float32
