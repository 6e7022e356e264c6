"""`skinedge bench phones`: measures on phones by adb, start after start, until the interval is narrow enough."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol as Interface

import numpy as np

from skinedge.benchmark.adb import Phone
from skinedge.benchmark.app_benchmark import AppBenchmark
from skinedge.benchmark.candidates import of_bundle
from skinedge.benchmark.executor_runner import ExecutorRunner
from skinedge.benchmark.protocol import PhoneProtocol, Protocol
from skinedge.benchmark.results import Measured, Results, Start
from skinedge.benchmark.statistics import latency
from skinedge.errors import PhoneError
from skinedge.progress import track


class Benchmark(Interface):
    """A program that measures on a phone."""

    home: str
    """A folder on the phone where adb may write and the program may read."""
    fewest_starts: int

    def push(self, bundle: Path, folder: str) -> None:
        """Copies a bundle, and all other files needed, to a folder on the phone. Raises: PhoneError."""
        ...

    def start(self, folder: str, number: int) -> Start:
        """Measures once, with the files in the folder. Raises: PhoneError."""
        ...


def bench_phone(
    phone: Phone, bundle: Path, protocol: Protocol, *, threads: int, runner: Path | None = None, sleep: float | None = None
) -> tuple[Results, Sequence[Start]]:
    """Measures one bundle on one phone.

    Args:
        runner: ExecuTorch's `executor_runner`, instead of the app.
        sleep: seconds between checks of the phone; None for one second, and 0 in tests.

    Raises: PhoneError, one line, for every fault of the phone; no files are left on it.
    """
    candidate, settings = of_bundle(bundle), protocol.phones
    wait_s = 1.0 if sleep is None else sleep
    benchmark: Benchmark = (
        AppBenchmark(phone, settings, threads=threads, wait_s=wait_s)
        if runner is None
        else ExecutorRunner(phone, settings, runner, threads=threads)
    )
    folder = f"{benchmark.home}/{uuid.uuid4().hex[:8]}"
    starts: list[Start] = []
    try:
        phone.shell("mkdir", "-p", folder)
        benchmark.push(bundle, folder)
        for number in track(range(max(settings.maximum_runs, benchmark.fewest_starts)), f"phone {phone.serial}"):
            _cool(phone, settings, wait_s)
            start = benchmark.start(folder, number)
            # A throttled phone is a slower phone: its runs do not count until it is cool again.
            if start.thermal_status == 0:
                starts.append(start)
            if len(starts) >= benchmark.fewest_starts and _narrow(starts, settings, protocol.bootstrap_rounds):
                break
    finally:
        with contextlib.suppress(PhoneError):  # Where the phone is gone, the error that led here says so.
            phone.shell("rm", "-rf", folder)
    if len(starts) < 2:
        raise PhoneError(
            f"phone {phone.serial} was throttled by heat in all but {len(starts)} of {number + 1} runs: take it out of its "
            "case and out of the sun, and measure again"
        )
    measured = Measured(
        candidate=candidate.name,
        runtime=candidate.runtime,
        precision=candidate.precision,
        threads=threads,
        program_bytes=candidate.program_bytes,
        stages_ms={stage: sum((start.stages_ms[stage] for start in starts), ()) for stage in starts[0].stages_ms},
        cold_starts=tuple(start.cold_start for start in starts if start.cold_start),
        agreement=candidate.agreement,
    )
    results = Results.of(protocol, (measured,)).model_copy(update={"device": phone.card(), "versions": {}})
    return results, starts


def _cool(phone: Phone, settings: PhoneProtocol, wait_s: float) -> None:
    waited = 0.0
    while (celsius := phone.battery_celsius()) > settings.maximum_start_celsius:
        if waited >= settings.patience_s:
            raise PhoneError(
                f"phone {phone.serial} stays at {celsius:.1f} °C, expected at most {settings.maximum_start_celsius:g}: let "
                "it cool down, and measure again"
            )
        time.sleep(settings.cool_down_s if wait_s else 0)
        waited += max(1.0, settings.cool_down_s)


def _narrow(starts: Sequence[Start], settings: PhoneProtocol, rounds: int) -> bool:
    samples = np.concatenate([np.sum(list(start.stages_ms.values()), axis=0) for start in starts])
    found = latency(samples, rounds=rounds)
    return found.high - found.low <= settings.interval_share * found.p50
