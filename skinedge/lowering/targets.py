"""Which targets there are, and what each needs: the one place to add another."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from skinedge.lowering import executorch, onnx
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
    """The extra of this package that installs them."""

    def missing_package(self) -> str | None:
        """The first of the packages that is not installed."""
        for name in self.packages:
            try:
                importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                return name
        return None


BACKENDS: dict[Target, Backend] = {
    "android": Backend(executorch.lower, ("torch", "torchao", "executorch")),
    "onnx": Backend(onnx.lower, ("torch", "torchao", "onnx", "onnxruntime")),
}
