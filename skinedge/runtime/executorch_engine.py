"""Runs `skinedge.pte`, the phone's program, with ExecuTorch on this computer: to check it before it is shipped."""

from __future__ import annotations

from skinedge.errors import ContractError, RuntimeMissingError
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.engine import Floats, Shape, check_shapes, checked, load_failure
from skinedge.runtime.registry import Runtime
from skinedge.runtime.silence import quiet_loading


class ExecuTorchEngine:
    """A program whose method `forward` takes (photo, answers) and returns probabilities. One thread at a time."""

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        """Loads the program and compares it with the contract.

        Args:
            threads: size of ExecuTorch's thread pool, which all programs of this process share.

        Raises: ContractError where ExecuTorch is not installed, or the program cannot be loaded or does not fit.
        """
        try:
            with quiet_loading():
                import executorch.kernels.quantized  # noqa: F401  registers what int8 programs run outside XNNPACK
                import torch
                from executorch.extension.pybindings import portable_lib
                from executorch.runtime import Runtime
        except ImportError:
            raise RuntimeMissingError(
                "this bundle is for Android and needs ExecuTorch to run here: pip install 'skinedge[export]', "
                "or give a bundle with target onnx"
            ) from None
        if threads is not None:
            portable_lib._unsafe_reset_threadpool(threads)
        self._bundle = bundle
        self._tensor = torch.tensor
        # ExecuTorch reads its constants from these bytes for as long as the method lives, and does not keep them itself.
        self._bytes = bundle.program_bytes()
        printed: list[str] = []
        try:
            with quiet_loading(printed):
                self._program = Runtime.get().load_program(self._bytes)
                self._method = self._program.load_method("forward")
            described = self._method.metadata
            inputs = [tuple(described.input_tensor_meta(i).sizes()) for i in range(described.num_inputs())]
            outputs = [tuple(described.output_tensor_meta(i).sizes()) for i in range(described.num_outputs())]
        except (RuntimeError, KeyError, AttributeError) as error:
            raise load_failure(bundle.program_path, error, runtime=RUNTIME, log=" ".join(printed)) from None
        # A .pte has no names: inputs and outputs count by position.
        found: dict[str, Shape] = dict(zip(("photo", "answers"), inputs, strict=False))
        check_shapes(bundle, found | dict(zip(("probabilities",), outputs, strict=False)))

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `Engine.probabilities`."""
        try:
            output = self._method.execute([self._tensor(photo), self._tensor(answers)])[0]
        except RuntimeError as error:
            raise ContractError(_error_text(f"{self._bundle.program_path} failed", error)) from None
        # Its memory is ExecuTorch's: 1.4 happens to hand out a copy, but does not promise to.
        return checked(output.numpy().copy(), self._bundle)


def _error_text(what: str, error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"{what}: {lines[0][:200]}; export the bundle again with the installed executorch"


RUNTIME = Runtime(
    "executorch",
    lambda bundle, threads: ExecuTorchEngine(bundle, threads=threads),
    install="pip install --upgrade 'skinedge[export]', or give a bundle with target onnx",
)
