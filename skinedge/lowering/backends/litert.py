"""Lowers an inference module to a LiteRT (TFLite) program through litert-torch. Layout stays NCHW, as the contract says."""

from __future__ import annotations

import torch
from torch import Tensor, fx, nn

from skinedge.errors import LoweringError
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.backends.registry import Backend
from skinedge.lowering.precision import FLOAT32, INT8
from skinedge.lowering.rewrites import without_scatter
from skinedge.models.inference import InferenceModule
from skinedge.runtime.silence import quiet_loading

PROGRAM = "skinedge.tflite"
MINIMUM_LITERT = "2.1"
"""The oldest that was tried: it gives the same bits as 2.3."""


class Named(nn.Module):
    """Gives the program's inputs and outputs their names."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, photo: Tensor, answers: Tensor) -> dict[str, Tensor]:
        return {"probabilities": self.module(photo, answers)}


def lower(module: InferenceModule, example: tuple[Tensor, Tensor], *_: object) -> Lowered:
    """The flatbuffer of a module in eval mode, in the precision that it is in.

    Its inputs are `photo` and `answers`, its output is `probabilities`. Where the module is quantized by PT2E, LiteRT's
    own int8 kernels do the same arithmetic, with one scale for each channel of the weights.

    Raises: LoweringError where litert-torch is not installed, or an operator cannot be converted.
    """
    with quiet_loading():
        try:
            import litert_torch
            from litert_torch.quantize import pt2e_quantizer
            from litert_torch.quantize.quant_config import QuantConfig
        except ImportError:
            raise LoweringError("target tflite needs litert-torch: pip install 'skinedge[litert]'") from None
        countable = without_scatter(module)
        for part in countable.modules():
            part.training = False  # Of what PT2E made, eval() may not be called.
            if isinstance(part, fx.GraphModule):
                unfold_weights(part)
        # This quantizer does not run. That there is one makes the converter turn the QDQ pairs of ours into int8 kernels.
        quantizer = pt2e_quantizer.PT2EQuantizer().set_global(pt2e_quantizer.get_symmetric_quantization_config())
        try:
            converted = litert_torch.convert(
                Named(countable).eval(),
                sample_kwargs=dict(zip(("photo", "answers"), example, strict=True)),
                quant_config=QuantConfig(pt2e_quantizer=quantizer),
            )
            return Lowered({PROGRAM: converted.model_content()})
        except Exception as error:
            cause = " ".join(str(error.__cause__ or error).split())[:300]
            raise LoweringError(f"the model could not be converted to LiteRT: {cause}") from error


def unfold_weights(quantized: fx.GraphModule) -> None:
    """Puts floats and a quantize operator in the place of weights that are stored in int8.

    torchao folds them; LiteRT's converter takes unfolded ones only, and folds them to the same numbers itself.
    """
    graph, buffers = quantized.graph, dict(quantized.named_buffers())
    for node in list(graph.nodes):
        kind = str(node.target).removeprefix("quantized_decomposed.dequantize_").removesuffix(".default")
        if kind not in ("per_channel", "per_tensor") or node.args[0].op != "get_attr":
            continue
        stored, *how = node.args
        values = [buffers[str(argument.target)] if isinstance(argument, fx.Node) else argument for argument in how]
        name = f"{stored.target}_unfolded"
        quantized.register_buffer(name, node.target(buffers[stored.target], *values))
        with graph.inserting_before(node):
            quantize = getattr(torch.ops.quantized_decomposed, f"quantize_{kind}").default
            again = graph.call_function(quantize, (graph.get_attr(name), *how))
        node.replace_input_with(stored, again)
    graph.eliminate_dead_code()
    quantized.recompile()


BACKEND = Backend(
    lower,
    packages=("torch", "torchao", "litert-torch", "litert-converter", "ai-edge-litert"),
    precisions={"int8": INT8, "fp32": FLOAT32},
    install="skinedge[litert]",
    minimum_runtimes={"ai-edge-litert": MINIMUM_LITERT},
)
