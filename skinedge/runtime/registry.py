"""The registry of runtimes: the targets of bundles, and the runtime of each.

A package adds one with an entry point in the group `skinedge.runtimes`, whose name is that of the target and whose value a
`Runtime`; code adds one with `register_runtime`. Nothing here needs torch, or any engine before it is asked for.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from skinedge.errors import ConfigError, ContractError, RuntimeMissingError

if TYPE_CHECKING:
    from skinedge.runtime.bundle import Bundle
    from skinedge.runtime.engine import Engine


@dataclass(frozen=True)
class Runtime:
    """The runtime of one target's programs."""

    name: str
    """A package, or the system that it belongs to, as `Contract.minimum_runtimes` names it."""
    load: Callable[[Bundle, int | None], Engine]
    """Makes an engine from a bundle and the number of threads of one run, or None for the engine's choice."""
    install: str
    """The advice where it is missing or too old."""
    find_version: Callable[[], str] | None = None
    """The version that is here; None for that of the package. Raises: ImportError, or RuntimeMissingError."""
    caveat: str | None = None
    """A limitation of the figures of its bundles."""

    def version(self) -> str:
        """The version that is here. Raises: RuntimeMissingError where there is none."""
        try:
            return self.find_version() if self.find_version else importlib.metadata.version(self.name)
        except ImportError as error:
            raise RuntimeMissingError(
                f"{self.name}, which runs this bundle, cannot be used here ({error}): {self.install}"
            ) from None


Loader = Callable[[], Runtime]

GROUP = "skinedge.runtimes"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def register_runtime(target: str, loader: Loader) -> None:
    """Adds a target. `loader` is called when a bundle for it is loaded.

    Raises: ConfigError for a name that is taken, or not made of small letters, digits and underscores.
    """
    check_target_name(target)
    if target in _LOADERS:
        raise ConfigError(f"there is a runtime for {target!r} already: give another name")
    _LOADERS[target] = loader


def runtime_targets() -> tuple[str, ...]:
    """Every target with a runtime: SkinEdge's own, then others."""
    return tuple(dict.fromkeys((*_LOADERS, *sorted(entry.name for entry in importlib.metadata.entry_points(group=GROUP)))))


def has_runtime(target: str) -> bool:
    """Whether a target is registered; its runtime may still have to be installed."""
    return target in _LOADERS or target in runtime_targets()


def get_runtime(target: str) -> Runtime:
    """The runtime of a target. Raises: ContractError for a target that nobody registered."""
    loader: Any = _LOADERS.get(target)
    if loader is not None:
        return loader()  # type: ignore[no-any-return]
    for entry in importlib.metadata.entry_points(group=GROUP, name=target):
        return entry.load()  # type: ignore[no-any-return]
    raise ContractError(f"no runtime for target {target!r}: expected one of {', '.join(runtime_targets())}")


def check_target_name(target: str) -> None:
    """Raises: ConfigError where a target cannot be called this."""
    if not _NAME.fullmatch(target) or target == "all":
        raise ConfigError(f"a target cannot be called {target!r}: expected small letters, digits and underscores, not 'all'")


def _own(module: str) -> Runtime:
    runtime: Runtime = importlib.import_module(f"skinedge.runtime.{module}").RUNTIME
    return runtime


_LOADERS: dict[str, Loader] = {
    "android": partial(_own, "executorch_engine"),
    "ios": partial(_own, "coreml_engine"),
    "onnx": partial(_own, "onnx_engine"),
    "tflite": partial(_own, "litert_engine"),
}
