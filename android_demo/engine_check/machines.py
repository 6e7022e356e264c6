"""Runs golden vectors through a library on this computer's own processor, or on an arm64 one that QEMU imitates."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from android_demo.ci.tools import run
from android_demo.engine_check.packages import Release
from android_demo.engine_check.stand_in import write_copy

HERE = Path(__file__).parent
ARM64_ROOT = HERE / "arm64_root.sh"
"""Lays Debian packages for arm64 into a folder."""
_COMPILERS = {"x86_64": "gcc", "arm64": "aarch64-linux-gnu-gcc"}
_STUBS = ("libm.so", "libdl.so", "libandroid.so")
"""Libraries that ours name, and that are empty here: their functions are in libc.so, or are never called."""
_CRASH = re.compile(r"#\s+(SIG[A-Z]+).*?#\s*C\s+\[(\S+?)\+(0x[0-9a-f]+)\]", re.DOTALL)
_TIMEOUT_S = 120
_TRIES = 3
_MESSAGE_CHARACTERS = 300


@dataclass(frozen=True)
class Processor:
    """A processor that the library runs on."""

    name: str
    machine: str


PROCESSORS = (Processor("this computer", "x86_64"), Processor("cortex-a76", "arm64"), Processor("cortex-a53", "arm64"))


@dataclass(frozen=True)
class Outcome:
    """Probabilities of each vector; or, where the process died, the signal, the library and the offset in it."""

    probabilities: list[list[float]]
    signal: str | None = None
    library: str | None = None
    offset: int | None = None
    message: str = ""


class Bench:
    """Compiled stand-ins and Java classes in a folder."""

    def __init__(self, folder: Path, main: str, release: Release, app: list[Path]) -> None:
        """Compiles what is needed.

        Args:
            main: the Java class to run, `ExecuTorchGolden` or `AppGolden`.
            release: whose classes it is compiled with; it runs with those of each release.
            app: jars of the app and what it needs, where that is what runs.

        Raises: MissingToolError where something does not compile, or Debian's arm64 packages cannot be had.
        """
        self.folder, self.main = folder.resolve(), main
        classes = self.folder / "classes"
        self._own = (classes, *app)
        classes.mkdir(parents=True, exist_ok=True)
        run("javac", "-d", classes, "-cp", self._classpath(release), HERE / "Golden.java", HERE / f"{main}.java")
        run("sh", ARM64_ROOT, self.folder / "arm64-root", "bookworm", "openjdk-17-jre-headless")
        for machine in _COMPILERS:
            _compile(machine, self.folder / "stand-ins" / machine)

    def run(self, release: Release, processor: Processor, program: Path, vectors: Path) -> Outcome:
        """Runs the vectors on one processor."""
        libraries = self.folder / "libraries" / release.name.replace(" ", "-") / processor.machine
        libraries.mkdir(parents=True, exist_ok=True)
        for library in release.libraries(processor.machine):
            write_copy(library, libraries / library.name)
        stand_ins = self.folder / "stand-ins" / processor.machine
        path = f"{libraries}:{stand_ins}"
        java = [
            *("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", f"-XX:ErrorFile={self.folder}/crash.log"),
            *("-Djava.awt.headless=true", f"-Djava.library.path={libraries}", "-cp", self._classpath(release), self.main),
            *(str(program.resolve()), str(vectors.resolve())),
        ]
        environment = dict(os.environ)
        if processor.machine == "x86_64":
            command = [shutil.which("java") or "java", *java]
            environment["LD_LIBRARY_PATH"] = path
        else:
            root = self.folder / "arm64-root" / "root"
            command = [
                *("qemu-aarch64", "-L", str(root), "-cpu", processor.name, "-E", f"LD_LIBRARY_PATH={path}"),
                *("-E", f"LD_PRELOAD={stand_ins / 'libpad.so'}"),
                *(str(root / "usr/lib/jvm/java-17-openjdk-arm64/bin/java"), *java),
            ]
        for _ in range(_TRIES):
            try:
                done = subprocess.run(
                    command,
                    env=environment,
                    cwd=self.folder,
                    capture_output=True,
                    text=True,
                    timeout=_TIMEOUT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                continue  # Java under QEMU 7 now and then waits for ever.
            return read_outcome(done.stdout, done.stderr)
        return Outcome([], message=f"no end after {_TIMEOUT_S} s, {_TRIES} times")

    def _classpath(self, release: Release) -> str:
        return ":".join(str(path.resolve()) for path in (*self._own, *release.jars))


def read_outcome(output: str, errors: str) -> Outcome:
    """Reads what the Java class printed, or how its process died."""
    rows = [line.split()[1:] for line in output.splitlines() if line.startswith("probabilities ")]
    probabilities = [[float(value) for value in row] for row in rows]
    crash = _CRASH.search(output)
    if crash:
        return Outcome(probabilities, crash[1], crash[2], int(crash[3], 16))
    complaint = next(
        (line for line in errors.splitlines() if "Exception" in line or "Error:" in line), errors[-_MESSAGE_CHARACTERS:]
    )
    return Outcome(probabilities, message=complaint.strip()[:_MESSAGE_CHARACTERS])


def _compile(machine: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    compiler = (_COMPILERS[machine], "-shared", "-fPIC", "-O1", "-w")
    needed = ("-Wl,--no-as-needed", "-lm", "-ldl", "-lpthread")
    run(*compiler, "-Wl,-soname,libc.so", "-o", folder / "libc.so", HERE / "bionic.c", *needed)
    run(*compiler, "-Wl,-soname,liblog.so", "-o", folder / "liblog.so", HERE / "log.c")
    run(*compiler, "-o", folder / "libpad.so", HERE / "pad.c")
    for stub in _STUBS:
        run(*compiler, f"-Wl,-soname,{stub}", "-o", folder / stub, "-x", "c", os.devnull)
