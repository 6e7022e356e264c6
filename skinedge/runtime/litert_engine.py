"""Runs `skinedge.tflite` with LiteRT on the CPU, as an app for Android, iOS or Linux does."""

from __future__ import annotations

from skinedge.errors import ContractError
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.engine import Floats, check_shapes, checked, load_failure
from skinedge.runtime.registry import Runtime
from skinedge.runtime.silence import quiet_loading


class LiteRTEngine:
    """A program whose only signature takes `photo` and `answers` and gives `probabilities`. One thread at a time."""

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        """Loads the program and compares it with the contract.

        Raises: ContractError where it cannot be loaded or does not fit.
        """
        self._bundle = bundle
        printed: list[str] = []
        try:
            with quiet_loading(printed):
                from ai_edge_litert.interpreter import Interpreter

                self._interpreter = Interpreter(model_content=bundle.program_bytes(), num_threads=threads)
                self._interpreter.allocate_tensors()
                self._run = self._interpreter.get_signature_runner()
        except (ValueError, RuntimeError) as error:
            raise load_failure(bundle.program_path, error, runtime=RUNTIME, log=" ".join(printed)) from None
        ports = self._run.get_input_details() | self._run.get_output_details()
        check_shapes(bundle, {name: tuple(map(int, port["shape"])) for name, port in ports.items()})

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `Engine.probabilities`."""
        try:
            # A copy: the output is LiteRT's own memory, which the next run writes to.
            output = self._run(photo=photo, answers=answers)["probabilities"].copy()
        except (ValueError, RuntimeError) as error:
            message = " ".join(str(error).split())[:200]
            raise ContractError(
                f"{self._bundle.program_path} failed: {message}; export the bundle again, or upgrade ai-edge-litert"
            ) from None
        return checked(output, self._bundle)


RUNTIME = Runtime(
    "ai-edge-litert",
    lambda bundle, threads: LiteRTEngine(bundle, threads=threads),
    install="pip install --upgrade ai-edge-litert, or give a bundle with target onnx",
)
