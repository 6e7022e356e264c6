"""Measures the preprocessing inside a program against its network.

The int8 program is lowered in two halves, which take turns in one process. Other load on the machine slows both alike, so
that their ratio holds where milliseconds do not.
"""

from __future__ import annotations

import importlib.metadata
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from skinedge.contract import Frozen
from skinedge.lowering.backends.executorch import PROGRAM, lower
from skinedge.lowering.backends.onnx import export_onnx
from skinedge.lowering.stages import Stage

PARTS = ("preprocessing", "network")
LIMIT = 0.5
"""The share of the network's time that the preprocessing may take."""
WARM_UPS = 5

Run = Callable[[], object]


class Share(Frozen):
    """One runtime with one number of threads: milliseconds of each part, a number a round, and ratios of the two."""

    runtime: str
    version: str
    threads: int
    ratio: float
    """Of medians."""
    ratio_of_fastest: float
    """Of the fastest rounds, which suffer least from other load."""
    milliseconds: Mapping[str, tuple[float, ...]]


def shares(parts: Mapping[str, Stage], *, threads: tuple[int, ...] = (1, 2), rounds: int = 100) -> tuple[Share, ...]:
    """The times of both parts in ExecuTorch and in ONNX Runtime."""
    in_executorch = {name: lower(parts[name].module, parts[name].example).files[PROGRAM] for name in PARTS}
    in_onnxruntime = {name: _onnx(parts[name]) for name in PARTS}
    found = []
    for count in threads:
        for runtime, programs, load in (
            ("executorch", in_executorch, _load_executorch),
            ("onnxruntime", in_onnxruntime, _load_onnxruntime),
        ):
            taken = take_turns({name: load(programs[name], parts[name], count) for name in PARTS}, rounds=rounds)
            found.append(
                Share(
                    runtime=runtime,
                    version=importlib.metadata.version(runtime),
                    threads=count,
                    ratio=ratio(taken, statistics.median),
                    ratio_of_fastest=ratio(taken, min),
                    milliseconds=taken,
                )
            )
    return tuple(found)


def take_turns(runs: Mapping[str, Run], *, rounds: int) -> dict[str, tuple[float, ...]]:
    """Milliseconds of each run, a number a round."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(WARM_UPS + rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            taken[name].append(round((time.perf_counter() - start) * 1e3, 4))
    return {name: tuple(milliseconds[WARM_UPS:]) for name, milliseconds in taken.items()}


def ratio(taken: Mapping[str, tuple[float, ...]], of: Callable[[tuple[float, ...]], float]) -> float:
    """The preprocessing's time over the network's, as `of` sums up each."""
    return round(of(taken["preprocessing"]) / of(taken["network"]), 4)


def _load_executorch(program: bytes, part: Stage, threads: int) -> Run:
    import executorch.kernels.quantized  # noqa: F401  registers what int8 programs run outside XNNPACK
    from executorch.extension.pybindings import portable_lib
    from executorch.runtime import Runtime

    portable_lib._unsafe_reset_threadpool(threads)  # of the whole process
    loaded = Runtime.get().load_program(program)
    method: Any = loaded.load_method("forward")

    def run() -> object:
        # ExecuTorch reads its constants from `program` for as long as the method lives, and does not keep it itself.
        assert program and loaded
        return method.execute(list(part.example))

    return run


def _load_onnxruntime(program: bytes, part: Stage, threads: int) -> Run:
    from skinedge.runtime.onnx_engine import load_session

    session = load_session(program, threads=threads)
    given = {name: tensor.numpy() for name, tensor in zip(_names(part), part.example, strict=True)}
    return lambda: session.run(None, given)


def _onnx(part: Stage) -> bytes:
    return export_onnx(part.module, part.example, inputs=_names(part))


def _names(part: Stage) -> list[str]:
    return [f"input_{position}" for position in range(len(part.example))]
