"""Which targets there are, and what each needs: the one place to add another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from skinedge.lowering import executorch, litert, onnx
from skinedge.lowering.deployable import Deployable
from skinedge.lowering.lowered import Lowered
from skinedge.runtime.bundle import Precision, Target

Lower = Callable[[Deployable, tuple[Tensor, Tensor], Precision], Lowered]
"""From a deployable module in eval mode, its example inputs and the precision that was asked for to a program.

For int8 the module's network is quantized by PT2E already, see `skinedge.lowering.quantize`.
"""


@dataclass(frozen=True)
class Backend:
    """How programs of one target are made."""

    lower: Lower
    packages: tuple[str, ...]
    """What made the program, by distribution name: their versions go into the manifest."""
    extra: str = "export"
    """Which extra of this package installs them."""


BACKENDS: dict[Target, Backend] = {
    "android": Backend(executorch.lower, ("torch", "torchao", "executorch")),
    "onnx": Backend(onnx.lower, ("torch", "torchao", "onnx", "onnxruntime")),
    "tflite": Backend(litert.lower, ("torch", "torchao", "litert-torch", "litert-converter", "ai-edge-litert"), "litert"),
}
