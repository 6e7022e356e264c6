"""Which targets there are, and how programs of each are made: here another is added.

A package adds a target with an entry point in the group `skinedge.backends`, whose name is that of the target and whose
value a `Backend`; code adds one with `register_backend`. What runs the programs is registered apart, see
`skinedge.runtime.registry`: a clinic's laptop runs bundles and exports none.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from skinedge.contract import Contract
from skinedge.errors import ConfigError
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.precision import BlockPrecision, ProgramPrecision
from skinedge.models.inference import InferenceModule
from skinedge.runtime.bundle import Bundle, Precision
from skinedge.runtime.engine import Engine
from skinedge.runtime.loading import load_engine
from skinedge.runtime.registry import check_target_name

Lower = Callable[[InferenceModule, tuple[Tensor, Tensor], ProgramPrecision], Lowered]
"""From an inference module in eval mode, its example inputs and what each block computes in to a program.

Where something becomes int8, the module's network is quantized by PT2E already, see
`skinedge.lowering.quantization.quantize`, or in float with corrected biases where the backend quantizes weights itself.
"""


@dataclass(frozen=True)
class Backend:
    """How programs of one target are made."""

    lower: Lower
    packages: tuple[str, ...]
    """What makes the program, by distribution name: their versions go into the manifest."""
    precisions: Mapping[Precision, BlockPrecision]
    """What blocks compute in, by what a person can ask for: see `lowering.precision`."""
    install: str = "skinedge[export]"
    """What `pip install` takes to get them."""
    open_program: Callable[[Bundle], Engine] = load_engine
    """What runs the program here, for parity and golden vectors."""
    quantizes_weights_itself: bool = False
    fp16_error_limit: float = math.inf
    """In fp16, blocks whose quantization error is above this, in nats, keep float32, beside those that int8 leaves so."""
    minimum_runtimes: Mapping[str, str] = field(default_factory=dict)
    """What its programs ask for beyond what the checkpoint's contract says."""
    recipe: Path | None = None
    """The TOML file of its export recipe; None for those of `export/`."""

    def require_runtimes(self, contract: Contract) -> Contract:
        """The contract, asking for the runtimes of this target too."""
        runtimes = {**contract.minimum_runtimes, **self.minimum_runtimes}
        return contract.model_copy(update={"minimum_runtimes": runtimes})

    def require_packages(self) -> None:
        """Raises: ConfigError where one of the packages is not installed."""
        for name in self.packages:
            try:
                importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                raise ConfigError(f"needs {name}: pip install '{self.install}'") from None


Loader = Callable[[], Backend]

GROUP = "skinedge.backends"


def register_backend(name: str, loader: Loader) -> None:
    """Adds a target. `loader` is called when somebody exports to it, and may import then what that needs.

    Raises: ConfigError for a name that is taken, or not made of small letters, digits and underscores.
    """
    check_target_name(name)
    if name in _LOADERS:
        raise ConfigError(f"there is a target {name!r} already: give another name")
    _LOADERS[name] = loader


def backend_names() -> tuple[str, ...]:
    """Every target: SkinEdge's own, then others."""
    return tuple(dict.fromkeys((*_LOADERS, *sorted(entry.name for entry in importlib.metadata.entry_points(group=GROUP)))))


def installed_backend_names() -> tuple[str, ...]:
    """The targets whose packages are installed."""

    def is_installed(name: str) -> bool:
        try:
            get_backend(name).require_packages()
        except ConfigError:
            return False
        return True

    return tuple(filter(is_installed, backend_names()))


def get_backend(name: str) -> Backend:
    """How programs of a target are made.

    Raises: ConfigError for a target that nobody registered, or that cannot be loaded.
    """
    loader: Any = _LOADERS.get(name)
    try:
        if loader is not None:
            return loader()  # type: ignore[no-any-return]
        for entry in importlib.metadata.entry_points(group=GROUP, name=name):
            return entry.load()  # type: ignore[no-any-return]
    except ImportError as error:
        raise ConfigError(f"target {name} cannot be used here ({error}): install the package that it needs") from None
    raise ConfigError(f"unknown target {name!r}: expected one of {', '.join(backend_names())}")


def _own(module: str) -> Backend:
    backend: Backend = importlib.import_module(f"skinedge.lowering.backends.{module}").BACKEND
    return backend


_LOADERS: dict[str, Loader] = {
    "android": partial(_own, "executorch"),
    "ios": partial(_own, "coreml"),
    "onnx": partial(_own, "onnx"),
    "tflite": partial(_own, "litert"),
}
