"""A Core ML package without a bundle around it."""

from __future__ import annotations

import torch

from skinedge.lowering.backends.coreml_package import PROGRAM, WEIGHTS
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.coreml_interpreter.program import read_program
from skinedge.runtime.engine import Floats


class Bare:
    """Runs it by the reference evaluator."""

    def __init__(self, lowered: Lowered) -> None:
        self.program = read_program(lowered.files[PROGRAM], lowered.files[WEIGHTS])

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `Engine.probabilities`; nothing is checked."""
        found = self.program.run({"photo": torch.from_numpy(photo), "answers": torch.from_numpy(answers)})
        values: Floats = found["probabilities"][0].numpy()
        return values
