"""Runs in Python for arm64, with numpy and two runtimes only: a program on inputs of a file.

    guest.py PROGRAM INPUTS.npz OUTPUTS.npy TIMES

`INPUTS` holds the inputs in their order, each (N, ...). Row after row is run, round and round, `TIMES` times in all; the
last N answers are written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before ONNX Runtime loads: nothing leaves the machine

import numpy as np


def load(program: str) -> Callable[[Sequence[Any]], Any]:
    """What runs a program on one row of its inputs."""
    if program.endswith(".pte"):
        import executorch_numpy_runtime

        method = executorch_numpy_runtime.Runtime.get().load_program(program).load_method("forward")
        return lambda row: method(list(row))[0]
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(program, options, providers=["CPUExecutionProvider"])
    names = [port.name for port in session.get_inputs()]
    return lambda row: session.run(None, dict(zip(names, row, strict=True)))[0]


def main() -> None:
    """See the module."""
    program, inputs, outputs, times = sys.argv[1:]
    with np.load(inputs) as held:
        columns = [held[name] for name in held.files]
    count = len(columns[0])
    run = load(program)
    answers = []
    for turn in range(int(times)):
        row = turn % count
        answers.append(np.array(run([column[row : row + 1].astype(np.float32) for column in columns]))[0])
    np.save(outputs, np.array(answers[-count:]))


if __name__ == "__main__":
    main()
