"""Exports a deployable module to ONNX that converts to TFLite: static shapes, one opset, one file, known operators."""

from __future__ import annotations

import contextlib
import io
import tempfile
import warnings
from collections.abc import Sequence
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
    "Pow", "QuantizeLinear", "Reciprocal", "ReduceMean", "ReduceSum", "Relu", "Reshape", "Round", "Sigmoid", "Slice",
    "Softmax", "Split", "Sqrt", "Sub", "Tanh", "Transpose", "Where",
})
# fmt: on
"""What a file may be made of: all that the fusions and backbones here need. That it converts is proven for the embedded
model, which has no BatchNormalization, MaxPool, Split and Tanh. onnx2tf stops at ScatterElements, and at an Unsqueeze it
turned a square picture over its diagonal without a word."""


def lower(module: Deployable, example: tuple[Tensor, Tensor], _: Precision) -> Lowered:
    """The ONNX file of a module in eval mode, in the precision that it is in; see `export_onnx`."""
    return Lowered({PROGRAM: export_onnx(module, example)})


def export_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    *,
    inputs: Sequence[str] = ("photo", "answers"),
    output: str = "probabilities",
) -> bytes:
    """The ONNX file of a module in eval mode, with these names of inputs and of its output.

    A module quantized by PT2E gives QuantizeLinear and DequantizeLinear pairs (QDQ).

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
    unknown = {f"{node.domain}:{node.op_type}".lstrip(":") for node in model.graph.node} - OPERATORS
    if unknown:
        raise LoweringError(
            f"the ONNX file would use {', '.join(sorted(unknown))}, of which nobody has shown that it converts to TFLite: "
            "expected the operators of skinedge.lowering.onnx.OPERATORS"
        )
    return without_origin(model)


def without_origin(model: onnx.ModelProto) -> bytes:
    """The file without the exporter's notes on where each node came from: paths of this machine, a sixth of the size."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return bytes(model.SerializeToString(deterministic=True))
