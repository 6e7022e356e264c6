"""Exports an inference module to ONNX that converts to TFLite: static shapes, one opset, one file, known operators."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from skinedge.errors import LoweringError
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.backends.registry import Backend
from skinedge.lowering.precision import FLOAT32, INT8_WEIGHTS
from skinedge.lowering.rewrites import without_scatter
from skinedge.models.inference import InferenceModule

PROGRAM = "skinedge.onnx"
OPSET = 20

# fmt: off
CONVERTED = frozenset({
    "Add", "And", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Conv", "CumSum", "Div", "Equal",
    "Floor", "Gather", "GatherElements", "Gemm", "GreaterOrEqual", "Less", "LogSoftmax", "MatMul", "MaxPool", "Mul",
    "Pow", "Reciprocal", "ReduceMean", "ReduceSum", "Relu", "Reshape", "Round", "Sigmoid", "Slice",
    "Softmax", "Split", "Sqrt", "Sub", "Tanh", "Transpose", "Where",
})
# fmt: on
"""What was seen to convert to TFLite: `make parity-onnx2tf` proves it of the embedded model; once, so did every fusion with
MobileNet-V2 and, with the default fusion, every backbone but EfficientNet-Lite0, untrained. onnx2tf 1.29 stops at
ScatterElements. Without a word it turned a square picture over its diagonal at an Unsqueeze, and gave the scales of a
DequantizeLinear to other channels."""

NOT_TRIED = frozenset({"HardSigmoid", "HardSwish", "Pad"})
"""Standard operators that ONNX Runtime runs, and that nobody here has converted to TFLite: EfficientNet-Lite0 pads before
its strided convolutions, and torchvision's MobileNet-V3 has hard activations."""

OPERATORS = CONVERTED | NOT_TRIED
"""What a file may be made of."""


def lower(module: InferenceModule, example: tuple[Tensor, Tensor], *_: object) -> Lowered:
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

    A module quantized by PT2E keeps its int8 weights, see `onnx_file.keep_int8_weights`.

    Raises: LoweringError where an operator cannot be exported, or would not convert to TFLite.
    """
    import onnx

    from skinedge.lowering.backends.onnx_file import keep_int8_weights, without_origin

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.onnx"
        try:
            torch.onnx.export(
                without_scatter(module),
                example,
                path,
                dynamo=True,
                opset_version=OPSET,
                input_names=inputs,
                output_names=[output],
                external_data=False,
                verbose=False,
            )
        except Exception as error:
            cause = " ".join(str(error.__cause__ or error).split())[:300]
            raise LoweringError(f"the model could not be exported to ONNX: {cause}") from error
        model = onnx.load(path)
    keep_int8_weights(model)
    unknown = {f"{node.domain}:{node.op_type}".lstrip(":") for node in model.graph.node} - OPERATORS
    if unknown:
        raise LoweringError(
            f"the ONNX file would use {', '.join(sorted(unknown))}, which is not known to convert to TFLite: "
            "expected the operators of skinedge.lowering.backends.onnx.OPERATORS"
        )
    return without_origin(model)


BACKEND = Backend(
    lower,
    packages=("torch", "torchao", "onnx", "onnxscript", "onnxruntime"),
    precisions={"int8": INT8_WEIGHTS, "fp32": FLOAT32},
)
