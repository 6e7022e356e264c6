"""Converts an inference module to a Core ML package for iOS: an ML Program that takes the photo as an image.

Nothing here can run Core ML. What a package computes is checked by a reference evaluator, see `lowering.coreml_interpreter`.

There is no classifier inside (`ClassifierConfig`): Xcode and Vision would show the likeliest of six labels as the answer,
where the advice comes from the sum of the malignant ones. The labels are in the description and the metadata.

There is no `.pte` for ExecuTorch's Core ML delegate either, although one can be lowered here. The delegate has one precision
for all it takes, so that counting whole levels would keep the network in float32 too (13.3 MB); it makes the reciprocal
below into 1 / (x + 1e-4) without a place to prevent it, unless four operators are kept from it; and it runs on Apple devices
only, so that no limit of a recipe could be held against it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.export import ExportedProgram

from skinedge.errors import LoweringError
from skinedge.lowering.backends.coreml_package import describe, package
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.backends.registry import Backend
from skinedge.lowering.coreml_interpreter.engine import ReferenceEngine
from skinedge.lowering.precision import FLOAT16, FLOAT32, IN_FLOAT32, INT8_WEIGHTS_FLOAT16, ProgramPrecision
from skinedge.lowering.rewrites import folded
from skinedge.models.inference import InferenceModule
from skinedge.runtime.silence import quiet_loading

MINIMUM_IOS = "16"

_NETWORK = "p_network_"
"""How torch.export begins the names of the network's parameters, which coremltools keeps for filters."""


def lower(module: InferenceModule, example: tuple[Tensor, Tensor], precision: ProgramPrecision = IN_FLOAT32) -> Lowered:
    """The files of a Core ML package.

    In float16, only what works on features of the photo computes in float16: preparing the photo counts whole levels, a
    rounded answer is a wrong answer, and both are small; so they keep float32, and so do the probabilities and the filters
    of the blocks in float.

    int8 weights have one scale a channel, and are computed with as in fp16. Activations in int8 too
    (by PT2E, which coremltools converts) would ask for iOS 17, and on 200 photos brought the default model no closer to fp32
    (probabilities off by at most 0.069 for 0.061). Whether it would be faster, only a phone could say.

    Raises: LoweringError where an operator cannot be converted.
    """
    with quiet_loading():
        import coremltools as ct

        photo, answers = example
        if precision.default == FLOAT16:  # int8 has it behind it, and keeps the names of filters, by which blocks are known
            module = folded(module)
        try:
            model = ct.convert(
                exported(module, example),
                source="pytorch",
                convert_to="mlprogram",
                inputs=[
                    ct.ImageType(name="photo", shape=tuple(photo.shape), color_layout=ct.colorlayout.RGB),
                    ct.TensorType(name="answers", shape=tuple(answers.shape), dtype=np.float32),
                ],
                outputs=[ct.TensorType(name="probabilities", dtype=np.float32)],
                minimum_deployment_target=ct.target.iOS16,
                compute_precision=(
                    ct.transform.FP16ComputePrecision(in_half(precision.float_blocks))
                    if precision.default.activations == "float16"
                    else ct.precision.FLOAT32
                ),
                skip_model_load=True,
            )
            if precision.default.weights == "int8":
                model = _with_int8_weights(model, precision.float_blocks)
        except Exception as error:
            cause = " ".join(str(error.__cause__ or error).split())[:300]
            raise LoweringError(f"coremltools could not convert the model: {cause}") from error
        describe(model, module.contract)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "program.mlpackage"
            model.save(str(path))
            return Lowered(package(path))


def exported(module: InferenceModule, example: tuple[Tensor, Tensor]) -> ExportedProgram:
    """The module as core ATen operators that coremltools converts to what torch computes."""
    with torch.no_grad():
        program: ExportedProgram = torch.export.export(module, example).run_decompositions()
    graph, aten = program.graph_module.graph, torch.ops.aten
    for node in list(graph.nodes):
        if node.target is aten.alias.default:  # what `detach` leaves behind, and coremltools does not know
            node.replace_all_uses_with(node.args[0])
            graph.erase_node(node)
        elif node.target is aten.reciprocal.default:
            # It would become `inverse`, which is 1 / (x + 1e-4): CLAHE's steps of 256 / 2 would be 127 instead of 128.
            node.target, node.args = aten.div.Tensor, (1.0, node.args[0])
    return program


def looks_at_features(operation: Any) -> bool:
    """Whether an operation of the program gets, without a softmax in between, what a convolution gave."""
    waiting, seen = [operation], {operation}
    while waiting:
        one = waiting.pop()
        if one.op_type == "conv":
            return True
        if one.op_type == "softmax":
            continue
        before = {given.op for given in one.get_flattened_inputs() if given.op is not None} - seen
        seen |= before
        waiting += before
    return False


def in_half(float_blocks: tuple[str, ...]) -> Callable[[Any], bool]:
    """What says of an operation of the program whether it computes in float16."""
    left = _names(float_blocks)
    return lambda one: looks_at_features(one) and not (one.op_type == "conv" and one.weight.name.startswith(left))


def _with_int8_weights(model: Any, float_blocks: tuple[str, ...]) -> Any:
    """Quantizes the weights of all blocks but these.

    coremltools leaves weights of less than 2,048 numbers alone. Those of the image encoder are quantized whatever their
    size: biases behind them were corrected for it.
    """
    from coremltools.optimize import coreml as optimize

    def config(**more: int) -> Any:
        return optimize.OpLinearQuantizerConfig(mode="linear_symmetric", dtype="int8", granularity="per_channel", **more)

    left = _names(float_blocks)
    stored = optimize.get_weights_metadata(model, weight_threshold=0)
    encoder = [name for name, kept in stored.items() if name.startswith(f"{_NETWORK}image_encoder_") and kept.val.ndim > 1]
    each = {name: None if name.startswith(left) else config(weight_threshold=0) for name in encoder}
    return optimize.linear_quantize_weights(model, optimize.OptimizationConfig(global_config=config(), op_name_configs=each))


def _names(blocks: tuple[str, ...]) -> tuple[str, ...]:
    """How the names of these blocks' filters begin."""
    return tuple(f"{_NETWORK}{block.replace('.', '_')}_" for block in blocks)


BACKEND = Backend(
    lower,
    packages=("torch", "torchao", "coremltools"),
    precisions={"fp16": FLOAT16, "int8": INT8_WEIGHTS_FLOAT16, "fp32": FLOAT32},
    open_program=ReferenceEngine,
    quantizes_weights_itself=True,
    minimum_runtimes={"ios": MINIMUM_IOS},
)
