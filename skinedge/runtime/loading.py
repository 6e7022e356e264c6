"""Loads the program of a bundle in the engine that it was exported for."""

from __future__ import annotations

from skinedge.errors import ContractError
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.engine import Engine
from skinedge.runtime.registry import get_runtime


def load_engine(bundle: Bundle, *, threads: int | None = None) -> Engine:
    """Loads the bundle's program in the engine it was exported for.

    Args:
        threads: how many threads one run may use; None leaves the choice to the engine.

    Raises:
        RuntimeMissingError: the engine is not installed.
        ContractError: the engine is too old, or the program cannot be loaded or does not fit the contract.
    """
    check_runtime(bundle)
    return get_runtime(bundle.manifest.target).load(bundle, threads)


def check_runtime(bundle: Bundle) -> str:
    """Compares the installed runtime with the oldest one that the contract allows. Returns both in words.

    Raises: RuntimeMissingError where it is not installed; ContractError where it is too old.
    """
    from packaging.version import InvalidVersion, Version

    runtime = get_runtime(bundle.manifest.target)
    name, found = runtime.name, runtime.version()
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
        raise ContractError(f"{bundle.folder} needs {name} {minimum} or newer, got {found}: {runtime.install}")
    return f"{name} {found}, needs {minimum} or newer"
