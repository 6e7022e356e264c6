"""Loads the program of a bundle in the engine that it was exported for."""

from __future__ import annotations

import importlib.metadata
import platform

from skinedge.errors import ContractError, RuntimeMissingError
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.engine import INSTALL, RUNTIMES, Engine


def load_engine(bundle: Bundle, *, threads: int | None = None) -> Engine:
    """Loads the bundle's program in the engine it was exported for.

    Args:
        threads: how many threads one run may use; None leaves the choice to the engine.

    Raises:
        RuntimeMissingError: the engine is not installed.
        ContractError: the engine is too old, or the program cannot be loaded or does not fit the contract.
    """
    check_runtime(bundle)
    if bundle.manifest.target == "onnx":
        from skinedge.runtime.onnx_engine import OnnxEngine

        return OnnxEngine(bundle, threads=threads)
    if bundle.manifest.target == "ios":
        from skinedge.runtime.coreml_engine import CoreMLEngine

        return CoreMLEngine(bundle)
    if bundle.manifest.target == "tflite":
        from skinedge.runtime.litert_engine import LiteRTEngine

        return LiteRTEngine(bundle, threads=threads)
    from skinedge.runtime.executorch_engine import ExecuTorchEngine

    return ExecuTorchEngine(bundle, threads=threads)


def check_runtime(bundle: Bundle) -> str:
    """Compares the installed engine with the oldest one that the contract allows. Returns both in words.

    Raises: RuntimeMissingError where it is not installed; ContractError where it is too old.
    """
    from packaging.version import InvalidVersion, Version

    name = RUNTIMES[bundle.manifest.target]
    found = _installed_version(name)
    minimum = bundle.contract.minimum_runtimes.get(name)
    if minimum is None:
        return f"{name} {found}; the contract asks for no version"
    try:
        enough = Version(found) >= Version(minimum)
    except InvalidVersion as error:
        raise ContractError(
            f"{bundle.folder}: the minimum version of {name} is no version ({error}): export it again"
        ) from None
    if not enough:
        raise ContractError(f"{bundle.folder} needs {name} {minimum} or newer, got {found}: {INSTALL[name]}")
    return f"{name} {found}, needs {minimum} or newer"


def _installed_version(runtime: str) -> str:
    if runtime == "ios":
        from skinedge.runtime.coreml_engine import ios_version

        return ios_version(platform.mac_ver()[0])
    try:
        if runtime == "onnxruntime":
            import onnxruntime  # Packages of several names install this module.

            return str(onnxruntime.__version__)
        return importlib.metadata.version(runtime)  # Importing ExecuTorch takes seconds.
    except ImportError as error:
        raise RuntimeMissingError(
            f"{runtime}, which runs this bundle, cannot be used here ({error}): {INSTALL[runtime]}"
        ) from None
