"""Python for arm64 with ExecuTorch and ONNX Runtime, run by QEMU as a Cortex-A53 or a Cortex-A76."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from android_demo.ci import tools
from android_demo.engine_check.machines import ARM64_ROOT

HERE = Path(__file__).parent
PROCESSORS = ("cortex-a53", "cortex-a76")
"""Of ARMv8.0, as in cheap phones, and of ARMv8.2, which has int8 dot products. QEMU 7.2 gets int8 wrong with `-cpu max`."""
PROGRAMS = {"qemu-aarch64": "qemu-user", "gcc": "gcc", "apt-get": "apt"}
PYTHON = "3.13"
_SUITE, _PACKAGES = "trixie", (f"libpython{PYTHON}-stdlib", f"python{PYTHON}-minimal", "libstdc++6")
_WHEELS_FOR = ("manylinux_2_27_aarch64", "manylinux_2_28_aarch64")

Inputs = dict[str, NDArray[np.float32] | NDArray[np.uint8]]
"""By name, in the program's order: (N, ...), cast to float32 row by row."""


class Machine:
    """A folder with everything for arm64. What is there already stays."""

    def __init__(self, folder: Path) -> None:
        """Fetches and compiles what is missing.

        Raises: MissingToolError where something cannot be had.
        """
        tools.check_programs(PROGRAMS)
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._root, self._site = self.folder / "debian" / "root", self.folder / "site"
        self._plugin = self.folder / "instructions.so"
        tools.run("sh", ARM64_ROOT, self.folder / "debian", _SUITE, *_PACKAGES)
        if not self._site.exists():
            part = self.folder / "site.part"
            tools.run(
                *(
                    sys.executable,
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-deps",
                    "--upgrade",
                ),
                "--ignore-requires-python",  # pip would ask it of the Python that it runs in
                *("--only-binary=:all:", "--python-version", PYTHON, "--implementation", "cp", "--require-hashes"),
                *(option for platform in _WHEELS_FOR for option in ("--platform", platform)),
                *("--target", part, "--requirement", HERE / "requirements.txt"),
            )
            part.rename(self._site)
        tools.run("gcc", "-Wall", "-Wextra", "-O2", "-shared", "-fPIC", "-o", self._plugin, HERE / "instructions.c")

    def answers(self, processor: str, program: Path, inputs: Inputs) -> NDArray[np.float32]:
        """(N, L) outputs of a program for N rows of inputs. Raises: MissingToolError where it does not run."""
        return self._run(processor, program, inputs, len(next(iter(inputs.values()))), count=False)[0]

    def instructions(self, processor: str, program: Path, inputs: Inputs, times: int) -> int:
        """Instructions of a whole process that loads a program and runs it this often, row after row."""
        return self._run(processor, program, inputs, times, count=True)[1]

    def _run(
        self, processor: str, program: Path, inputs: Inputs, times: int, *, count: bool
    ) -> tuple[NDArray[np.float32], int]:
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name)
            given, written, counted = folder / "inputs.npz", folder / "answers.npy", folder / "instructions"
            np.savez(given, **inputs)  # type: ignore[arg-type]
            tools.run(
                *("taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))) * bool(count),
                *("qemu-aarch64", "-L", self._root, "-cpu", processor),
                *(("-plugin", f"{self._plugin},out={counted}") if count else ()),
                *("-E", f"PYTHONHOME={self._root / 'usr'}", "-E", f"PYTHONPATH={self._site}", "-E", "PYTHONHASHSEED=0"),
                *(self._root / f"usr/bin/python{PYTHON}", "-B", HERE / "guest.py"),
                *(program.resolve(), given, written, str(times)),
            )
            answers: NDArray[np.float32] = np.load(written)
            return answers, int(counted.read_text()) if count else 0
