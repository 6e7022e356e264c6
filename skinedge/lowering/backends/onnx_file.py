"""How ONNX files store int8 weights, and what is left out of them: what needs onnx as soon as it is imported."""

from __future__ import annotations

from collections.abc import Mapping

import onnx
from onnx import helper, numpy_helper

from skinedge.errors import LoweringError


def keep_int8_weights(model: onnx.ModelProto) -> None:
    """Leaves int8 to the weights, in place: to how they are stored, so that every runtime computes in float.

    Fused int8 kernels saturate on processors without VNNI: probabilities were off by up to 0.9 on AVX2. Activations that are
    rounded, and computed with in float, only cost time and precision: where sums end in other bits, as in WebAssembly, they
    fall to other levels, so that probabilities differed by up to 0.02 from machine to machine.

    Raises: LoweringError where weights are not stored symmetrically.
    """
    graph = model.graph
    stored = {initializer.name: initializer for initializer in graph.initializer}
    floats: dict[str, str] = {}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type not in ("QuantizeLinear", "DequantizeLinear"):
            kept.append(node)
        elif node.input[0] in stored:
            kept += _scaled(node, stored, graph)
        else:
            floats[node.output[0]] = node.input[0]
    for node in kept:
        node.input[:] = [_followed(name, floats) for name in node.input]
    del graph.node[:]
    graph.node.extend(kept)
    used = {name for node in graph.node for name in node.input}
    for initializer in [one for one in graph.initializer if one.name not in used]:
        graph.initializer.remove(initializer)


def _scaled(
    node: onnx.NodeProto, stored: Mapping[str, onnx.TensorProto], graph: onnx.GraphProto
) -> tuple[onnx.NodeProto, onnx.NodeProto]:
    """What gives the same numbers as a DequantizeLinear of weights, is taken by every converter and folded by every runtime.
    Its scales are added to the graph."""
    weights, scale, zero_point = (stored[name] for name in node.input)
    if numpy_helper.to_array(zero_point).any():
        raise LoweringError(f"the weights {weights.name} are stored with a zero point: expected symmetric int8")
    # One number for each output channel, which come first, or one for all.
    shaped = numpy_helper.to_array(scale).reshape(-1, *[1] * (len(weights.dims) - 1))
    steps, factor = f"{node.output[0]}_steps", f"{node.output[0]}_scale"
    graph.initializer.append(numpy_helper.from_array(shaped, factor))
    graph.value_info.append(helper.make_tensor_value_info(steps, onnx.TensorProto.FLOAT, weights.dims))
    return (
        helper.make_node("Cast", [weights.name], [steps], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [steps, factor], list(node.output)),
    )


def _followed(name: str, floats: Mapping[str, str]) -> str:
    while name in floats:
        name = floats[name]
    return name


def without_origin(model: onnx.ModelProto) -> bytes:
    """The file without the exporter's notes on where each node came from: paths of this machine, a sixth of the size."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return bytes(model.SerializeToString(deterministic=True))
