"""Runs the program of an iOS bundle where there is no Core ML, for parity and golden vectors of an export.

This is a reference evaluator, not Core ML: it computes the saved package after the documented definitions of its
operations. Nothing that it says was run on an Apple device, see `skinedge.lowering.coreml_interpreter`.
"""

from __future__ import annotations

import torch

from skinedge.errors import ContractError, LoweringError
from skinedge.lowering.backends.coreml_package import WEIGHTS
from skinedge.lowering.coreml_interpreter.program import read_program
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.engine import Floats, check_shapes, checked


class ReferenceEngine:
    """An ML Program with inputs `photo` and `answers` and output `probabilities`. Threads may share one engine."""

    def __init__(self, bundle: Bundle) -> None:
        """Reads the package and compares it with the contract.

        Raises: ContractError where it cannot be understood or does not fit.
        """
        self._bundle = bundle
        try:
            self._program = read_program(bundle.program_bytes(), bundle.read(WEIGHTS))
        except LoweringError as error:
            raise ContractError(f"{bundle.program_path} cannot be loaded: {error}") from None
        check_shapes(bundle, {port.name: port.shape for port in (*self._program.inputs, *self._program.outputs)})

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `runtime.engine.Engine.probabilities`."""
        output = self._program.run({"photo": torch.from_numpy(photo), "answers": torch.from_numpy(answers)})
        return checked(output["probabilities"].numpy(), self._bundle)
