"""Exports a deployable module to ONNX that converts to TFLite: static shapes, one opset, one file, known operators."""

from __future__ import annotations

import contextlib
import io
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from skinedge.errors import LoweringError
from skinedge.lowering.deployable import Deployable, without_scatter
from skinedge.lowering.lowered import Lowered
from skinedge.runtime.bundle import Precision

PROGRAM = "skinedge.onnx"
OPSET = 20

# fmt: off
OPERATORS = frozenset({
    "Add", "And", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Conv", "CumSum", "DequantizeLinear", "Div",
    "Equal", "Floor", "Gather", "GatherElements", "Gemm", "GreaterOrEqual", "Less", "LogSoftmax", "MatMul", "MaxPool", "Mul",
    "Pow", "Reciprocal", "ReduceMean", "ReduceSum", "Relu", "Reshape", "Round", "Sigmoid", "Slice",
    "Softmax", "Split", "Sqrt", "Sub", "Tanh", "Transpose", "Where",
})
# fmt: on
"""What a file may be made of: all that the fusions and backbones here need. That it converts is proven for the embedded
model, which has no BatchNormalization, MaxPool, Split and Tanh. onnx2tf stops at ScatterElements, and at an Unsqueeze it
turned a square picture over its diagonal without a word."""


def lower(module: Deployable, example: tuple[Tensor, Tensor], _: Precision) -> Lowered:
    """The ONNX file of a module in eval mode, in the precision that its weights are in; see `export_onnx`."""
    return Lowered({PROGRAM: export_onnx(module, example)})


def export_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    *,
    inputs: Sequence[str] = ("photo", "answers"),
    output: str = "probabilities",
) -> bytes:
    """The ONNX file of a module in eval mode, with these names of inputs and of its output.

    A module quantized by PT2E keeps its int8 weights, with a DequantizeLinear each; see `with_float_activations`.

    Raises: LoweringError where an operator cannot be exported, or would not convert to TFLite.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "program.onnx"
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # the exporter talks
                torch.onnx.export(
                    without_scatter(module),
                    example,
                    path,
                    dynamo=True,
                    opset_version=OPSET,
                    input_names=inputs,
                    output_names=[output],
                    external_data=False,
                )
        except Exception as error:
            cause = " ".join(str(error.__cause__ or error).split())[:300]
            raise LoweringError(f"the model could not be exported to ONNX: {cause}") from error
        model = onnx.load(path)
    with_float_activations(model)
    unknown = {f"{node.domain}:{node.op_type}".lstrip(":") for node in model.graph.node} - OPERATORS
    if unknown:
        raise LoweringError(
            f"the ONNX file would use {', '.join(sorted(unknown))}, of which nobody has shown that it converts to TFLite: "
            "expected the operators of skinedge.lowering.onnx.OPERATORS"
        )
    return without_origin(model)


def with_float_activations(model: onnx.ModelProto) -> None:
    """Takes the rounding of activations out, in place: what int8 kernels need, and nothing here has them.

    ONNX Runtime is told to compute in float (`runtime.onnx_engine` says why). Rounded there, activations would cost time and
    precision; and where sums of floats end in other bits, as in WebAssembly, they would fall to other levels, so that
    probabilities differ by up to 0.02 from machine to machine.
    """
    graph = model.graph
    before = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "QuantizeLinear"}
    back = [node for node in graph.node if node.op_type == "DequantizeLinear" and node.input[0] in before]
    floats = {node.output[0]: before[node.input[0]] for node in back}
    rounding = [node for node in graph.node if node.op_type == "QuantizeLinear"]
    for node in (*back, *rounding):
        graph.node.remove(node)
    for node in graph.node:
        node.input[:] = [_followed(name, floats) for name in node.input]
    used = {name for node in graph.node for name in node.input}
    for initializer in [one for one in graph.initializer if one.name not in used]:
        graph.initializer.remove(initializer)


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
