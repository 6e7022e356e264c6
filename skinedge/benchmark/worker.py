"""A worker process: the rounds of one number of threads, or one cold start. It reads a job as JSON and writes JSON."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from skinedge.benchmark.candidates import Candidate, load
from skinedge.benchmark.clock import timed
from skinedge.contract import Frozen


class Job(Frozen):
    """The job of a worker."""

    kind: Literal["rounds", "cold start"]
    candidates: tuple[Candidate, ...]
    photo: Path
    threads: int
    warm_ups: int = 0
    rounds: int = 0


class Report(Frozen):
    """The results of a worker. Times are by candidate, then by stage, a number a round."""

    stages_ms: Mapping[str, Mapping[str, Sequence[float]]] = {}
    load_ms: float = 0.0
    first_ms: float = 0.0
    peak_memory_mib: float | None = None


def run_rounds(job: Job) -> Report:
    """Runs every candidate once a round, in a new random order each time."""
    runners = {candidate.name: load(candidate, job.threads) for candidate in job.candidates}
    for runner in runners.values():
        for _ in range(job.warm_ups):
            runner.run(job.photo)
    stages: dict[str, dict[str, list[float]]] = {name: {} for name in runners}
    order = random.Random(0)
    for _ in range(job.rounds):
        for name in order.sample(list(runners), len(runners)):
            for stage, taken_ms in runners[name].run(job.photo).items():
                stages[name].setdefault(stage, []).append(taken_ms)
    return Report(stages_ms=stages)


def run_cold(job: Job) -> Report:
    """Loads the one candidate and screens once, as a user would, and measures time and memory."""
    (candidate,) = job.candidates
    runner, load_ms = timed(lambda: load(candidate, job.threads))
    _, first_ms = timed(lambda: runner.run(job.photo))
    return Report(load_ms=load_ms, first_ms=first_ms, peak_memory_mib=peak_memory_mib())


def peak_memory_mib() -> float | None:
    """Peak resident memory of this process since it was started; None where the system does not say.

    Not `getrusage`: on Linux its peak is inherited from whoever started the process.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 2**10 for line in lines if line.startswith("VmHWM")), None)


def main() -> None:
    """Does the job on standard input."""
    job = Job.model_validate_json(sys.stdin.read())
    report = run_rounds(job) if job.kind == "rounds" else run_cold(job)
    print(report.model_dump_json())


if __name__ == "__main__":
    main()
