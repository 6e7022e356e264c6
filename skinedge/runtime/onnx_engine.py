"""Runs `skinedge.onnx` with ONNX Runtime on the CPU: the engine of the plain install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skinedge.errors import ContractError
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.engine import Floats, check_shapes, checked, load_failure
from skinedge.runtime.registry import Runtime

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_ERRORS_ONLY = 3
"""ONNX Runtime's log level, without warnings, which would land between our lines on the terminal."""


class OnnxEngine:
    """An ONNX program with inputs `photo` and `answers` and output `probabilities`. Threads may share one engine."""

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        """Loads the program and compares it with the contract.

        Raises: ContractError where it cannot be loaded or does not fit.
        """
        self._bundle = bundle
        program = bundle.program_bytes()
        try:
            self._session = load_session(program, threads=threads)
        except Exception as error:  # noqa: BLE001  ONNX Runtime's exceptions share no base class
            raise load_failure(bundle.program_path, error, runtime=RUNTIME) from None
        ports = [*self._session.get_inputs(), *self._session.get_outputs()]
        check_shapes(bundle, {port.name: tuple(port.shape) for port in ports})

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `Engine.probabilities`."""
        try:
            (output,) = self._session.run(["probabilities"], {"photo": photo, "answers": answers})
        except Exception as error:  # noqa: BLE001
            raise ContractError(_error_text(f"{self._bundle.program_path} failed", error)) from None
        return checked(output, self._bundle)


def load_session(program: bytes, *, threads: int | None = None) -> InferenceSession:
    """A session of ONNX Runtime with the settings for all our programs."""
    import onnxruntime

    # Windows alone does not follow the variable that `skinedge` sets: there, events go to the system, which may send them.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    if threads is not None:
        options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(program, options, providers=["CPUExecutionProvider"])


def _error_text(what: str, error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"{what}: {lines[0][:200]}; export the bundle again, or upgrade onnxruntime"


def _version() -> str:
    import onnxruntime  # packages of several names install this module

    return str(onnxruntime.__version__)


RUNTIME = Runtime(
    "onnxruntime",
    lambda bundle, threads: OnnxEngine(bundle, threads=threads),
    install="pip install --upgrade onnxruntime",
    find_version=_version,
)
