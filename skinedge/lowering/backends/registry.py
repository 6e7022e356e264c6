"""Which targets there are, and what each needs: the one place to add another."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor

from skinedge.lowering.backends import coreml, executorch, litert, onnx
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.coreml_interpreter.engine import ReferenceEngine
from skinedge.lowering.quantization.plan import Scheme
from skinedge.models.checkpoint import Checkpoint
from skinedge.models.inference import InferenceModule
from skinedge.runtime.bundle import Bundle, Precision, Target
from skinedge.runtime.coreml_engine import NOT_RUN
from skinedge.runtime.engine import Engine
from skinedge.runtime.loading import load_engine

Lower = Callable[[InferenceModule, tuple[Tensor, Tensor], Precision, tuple[str, ...]], Lowered]
"""From a inference module in eval mode, its example inputs, the precision that was asked for and the blocks that are not
to be rounded (for backends that round) to a program.

For int8 the module's network is quantized by PT2E already, see `skinedge.lowering.quantization.quantize`, or in float with
corrected biases where the backend quantizes itself.
"""


@dataclass(frozen=True)
class Backend:
    """How programs of one target are made."""

    lower: Lower
    packages: tuple[str, ...]
    """What made the program, by distribution name: their versions go into the manifest."""
    extra: str = "export"
    """The extra of this package that installs them."""
    open_program: Callable[[Bundle], Engine] = load_engine
    """What runs the program here, for parity and golden vectors."""
    scheme: Scheme = "all"
    """What it scheme in int8."""
    fp16_error_limit: float = math.inf
    """In fp16, blocks that int8 costs more nats than this keep float32, beside those that int8 leaves in float."""
    quantizes_itself: bool = False
    minimum_runtimes: Mapping[str, str] = field(default_factory=dict)
    """What its programs ask for beyond what the checkpoint's contract says."""
    caveat: str | None = None
    """What the figures of an export are not."""

    def asking(self, checkpoint: Checkpoint) -> Checkpoint:
        """The checkpoint with a contract that asks for the runtimes of this target too."""
        runtimes = {**checkpoint.contract.minimum_runtimes, **self.minimum_runtimes}
        return replace(checkpoint, contract=checkpoint.contract.model_copy(update={"minimum_runtimes": runtimes}))

    def missing_package(self) -> str | None:
        """The first of the packages that is not installed."""
        for name in self.packages:
            try:
                importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                return name
        return None


BACKENDS: dict[Target, Backend] = {
    # XNNPACK's sums are in float16, too, and one photo of 400 moved by more than a hundredth with two blocks in float32.
    "android": Backend(executorch.lower, ("torch", "torchao", "executorch"), fp16_error_limit=1e-4),
    "ios": Backend(
        coreml.lower,
        ("torch", "coremltools"),
        open_program=ReferenceEngine,
        scheme="weights",
        quantizes_itself=True,
        minimum_runtimes={"ios": coreml.MINIMUM_IOS},
        caveat=NOT_RUN,
    ),
    "onnx": Backend(onnx.lower, ("torch", "torchao", "onnx", "onnxruntime"), scheme="weights"),
    "tflite": Backend(
        litert.lower,
        ("torch", "torchao", "litert-torch", "litert-converter", "ai-edge-litert"),
        extra="litert",
        minimum_runtimes={"ai-edge-litert": litert.MINIMUM_LITERT},
    ),
}
