"""Starts ExecuTorch's own `executor_runner` on a phone, which needs no app."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np

from skinedge.benchmark.adb import Phone
from skinedge.benchmark.protocol import PhoneProtocol
from skinedge.benchmark.results import Start
from skinedge.errors import PhoneError
from skinedge.runtime.bundle import open_bundle
from skinedge.runtime.golden import golden_inputs, read_golden

FOLDER = "/data/local/tmp/skinedge-bench"
"""A folder where adb may run programs, unlike the shared storage, which is mounted with noexec."""


class ExecutorRunner:
    """`executor_runner` as built from ExecuTorch for the phone's ABI, with the program and the first golden vector.

    It reports only the sum of its executions, so that each start gives one sample: their mean.
    """

    home, fewest_starts = FOLDER, 5

    def __init__(self, phone: Phone, settings: PhoneProtocol, runner: Path, *, threads: int) -> None:
        """Raises: PhoneError where there is no such runner."""
        if not runner.is_file():
            raise PhoneError(f"no executor_runner at {runner}: give the file that ExecuTorch's build for Android made")
        self._phone, self._settings, self._runner, self._threads = phone, settings, runner, threads

    def push(self, bundle: Path, folder: str) -> None:
        """See `phones.Benchmark.push`."""
        opened = open_bundle(bundle)
        if opened.manifest.target != "android":
            raise PhoneError(f"executor_runner cannot run {bundle}: got target {opened.manifest.target}, expected android")
        with tempfile.TemporaryDirectory() as name:
            files = {opened.program_path: "program.pte", self._runner: "executor_runner"}
            for values, to in zip(golden_inputs(opened, read_golden(opened)[0]), ("photo", "answers"), strict=True):
                files[Path(name, to)] = to
                Path(name, to).write_bytes(np.ascontiguousarray(values).tobytes())
            for source, to in files.items():
                self._phone.push(source, f"{folder}/{to}")
        self._phone.shell("chmod", "755", f"{folder}/executor_runner")

    def start(self, folder: str, number: int) -> Start:
        """Warms up in a process of its own: the runner cannot tell executions apart."""
        self._mean_ms(folder, max(1, self._settings.warm_ups))
        mean_ms = self._mean_ms(folder, self._settings.answers)
        status = re.search(r"Thermal Status: (\d+)", self._phone.shell("dumpsys", "thermalservice", "2>&1", "||", "true"))
        # Android reports it from version 10 on.
        return Start(stages_ms={"program": (mean_ms,)}, thermal_status=int(status[1]) if status else 0)

    def _mean_ms(self, folder: str, executions: int) -> float:
        output = self._phone.shell(
            f"{folder}/executor_runner",
            f"--model_path={folder}/program.pte",
            f"--inputs={folder}/photo,{folder}/answers",
            f"--num_executions={executions}",
            f"--cpu_threads={self._threads}",
            "2>&1",
            timeout_s=self._settings.patience_s,
        )
        found = re.search(r"executed successfully (\d+) time\(s\) in ([\d.]+) ms", output)
        if not found or int(found[1]) != executions:
            last = (output.strip().splitlines() or ["no message"])[-1]
            raise PhoneError(
                f"executor_runner on phone {self._phone.serial} reported no time for {executions} executions "
                f"({last[:120]}): build it from the ExecuTorch of this environment, with logging"
            )
        return float(found[2]) / executions
