"""The interface of an engine, which runs a bundle's program on one photo and one set of answers, and its checks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from skinedge.contract import Contract
from skinedge.errors import ContractError
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.registry import Runtime

Floats = NDArray[np.float32]
Shape = tuple[int, ...]

_MISSING_OPERATOR = re.compile(
    r"No Op registered for (\S+)|error:? (\S+?)\(-?\d+\) is not a registered|implementation for (\S+?)\("
    r"|Missing operator: \[\d+\] (\S+)|error: 0x:?14\b"
    r"|builtin opcode '(\S+?)'|unresolved custom op: (\w+)"
)
"""How ONNX Runtime, ExecuTorch and LiteRT name an operator that they lack, and ExecuTorch's number for it."""

SUM_TOLERANCE = 1e-3
"""The largest difference of the sum of probabilities from 1: int8 programs round, broken ones are off by far more."""


class Engine(Protocol):
    """A loaded program."""

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """Runs the program once.

        Args:
            photo: (1, 3, side_px, side_px) float32, RGB, 0..255; see `program_input`.
            answers: (1, fields) float32; see `Contract.encode`.

        Returns: (labels,) float32, calibrated, sum 1, in the order of `Contract.labels`.
        Raises: ContractError where the program fails or returns anything that is not probabilities.
        """
        ...


def program_input(pixels: NDArray[np.uint8]) -> Floats:
    """Turns (side_px, side_px, 3) uint8 RGB into a program's first input, (1, 3, side_px, side_px) float32, 0..255."""
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32)


def expected_shapes(contract: Contract) -> dict[str, Shape]:
    """The shapes that a program must have, by the name of its input or output."""
    side_px = contract.image.side_px
    return {
        "photo": (1, 3, side_px, side_px),
        "answers": (1, len(contract.fields)),
        "probabilities": (1, len(contract.labels)),
    }


def check_shapes(bundle: Bundle, found: dict[str, Shape]) -> None:
    """Compares a loaded program with its contract.

    Raises: ContractError where a name or shape differs.
    """
    for name, expected in expected_shapes(bundle.contract).items():
        if found.get(name) != expected:
            got = found.get(name, "nothing of that name")
            raise ContractError(
                f"{bundle.program_path} does not fit its contract: {name}: got {got}, expected {expected}; "
                "export the bundle again"
            )


def load_failure(program: Path, error: Exception, *, runtime: Runtime, log: str = "") -> ContractError:
    """The error of a runtime that did not load a program, in one line: the operator that it lacks, or its own message.

    Args:
        log: what the runtime wrote to stderr; ExecuTorch names a missing operator only there.
    """
    message = " ".join(str(error).split()) or type(error).__name__
    missing = _MISSING_OPERATOR.search(f"{log} {message}")
    if missing:
        operator = next((name for name in missing.groups() if name), None)
        what = f"it uses the operator {operator}" if operator else "it uses an operator"
        return ContractError(
            f"{program} cannot be loaded: {what} that this {runtime.name} does not have; {runtime.install}, or export the "
            "bundle again for this version"
        )
    return ContractError(f"{program} cannot be loaded: {message[:200]}; export the bundle again, or upgrade {runtime.name}")


def checked(probabilities: Floats, bundle: Bundle) -> Floats:
    """The (labels,) float32 probabilities in a program's (1, labels) output.

    Raises: ContractError where the numbers are not probabilities, so that a broken program never answers.
    """
    values = np.asarray(probabilities, dtype=np.float32).reshape(-1)
    in_range = bool(np.all((values >= -SUM_TOLERANCE) & (values <= 1 + SUM_TOLERANCE)))  # False for NaN too
    if values.size != len(bundle.contract.labels) or not in_range or abs(float(values.sum()) - 1) > SUM_TOLERANCE:
        raise ContractError(
            f"{bundle.program_path} gave no usable answer: got {values.tolist()}, expected "
            f"{len(bundle.contract.labels)} probabilities with sum 1; do not use this bundle, export it again"
        )
    return values
