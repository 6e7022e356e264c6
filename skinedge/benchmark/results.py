"""The results of a benchmark: raw samples, with device, versions and protocol."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from skinedge import __version__
from skinedge.benchmark.protocol import Protocol
from skinedge.contract import Frozen
from skinedge.errors import ContractError
from skinedge.files import write_whole

RUNTIME_PACKAGES = ("torch", "executorch", "onnxruntime", "ai-edge-litert", "opencv-python-headless", "numpy", "pillow")


class DeviceCard(Frozen):
    """The machine that measured."""

    processor: str
    cores: int
    memory_gib: float | None
    """None where the system does not say."""
    system: str
    python: str

    @classmethod
    def of_this_machine(cls) -> DeviceCard:
        return cls(
            processor=_processor(),
            cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            memory_gib=_memory_gib(),
            system=f"{platform.system()} {platform.machine()}",
            python=platform.python_version(),
        )


class ColdStart(Frozen):
    """The measurements of one fresh process."""

    load_ms: float
    """Importing the runtime and loading the program."""
    first_ms: float
    """The first photo after that."""
    peak_memory_mib: float | None
    """Resident memory, at most; None where the system does not say."""


class Start(Frozen):
    """The measurements of one start of the benchmark on a phone."""

    stages_ms: Mapping[str, tuple[float, ...]]
    """Milliseconds of each stage, a number an answer."""
    thermal_status: int
    """Android's, after the answers: 0 none, 1 light, 2 moderate, and worse."""
    cold_start: ColdStart | None = None


class Measured(Frozen):
    """The measurements of one candidate with one number of threads."""

    candidate: str
    runtime: str
    precision: str
    threads: int
    program_bytes: int
    stages_ms: Mapping[str, tuple[float, ...]]
    """Milliseconds of each stage, a number a round; the rounds of all candidates correspond."""
    cold_starts: tuple[ColdStart, ...] = ()
    agreement: Mapping[str, float] = {}
    """The figures of a bundle's own `parity.json`; empty for other candidates."""

    @property
    def total_ms(self) -> NDArray[np.float64]:
        """(rounds,): the sum of the stages."""
        total: NDArray[np.float64] = np.array(list(self.stages_ms.values()), dtype=np.float64).sum(axis=0)
        return total


class Results(Frozen):
    """One run of `skinedge bench`."""

    schema_version: int = 1
    made_at: str
    commit: str
    skinedge: str
    versions: Mapping[str, str]
    device: DeviceCard
    protocol: Protocol
    measured: tuple[Measured, ...]

    @classmethod
    def of(cls, protocol: Protocol, measured: tuple[Measured, ...]) -> Results:
        return cls(
            made_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            commit=_commit(),
            skinedge=__version__,
            versions={name: version for name in RUNTIME_PACKAGES if (version := _version(name))},
            device=DeviceCard.of_this_machine(),
            protocol=protocol,
            measured=measured,
        )

    def save(self, path: Path) -> None:
        write_whole(path, self.model_dump_json(indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Results:
        """Raises: ContractError where the file is missing or holds no results."""
        try:
            held = path.read_bytes()
            if _holds_counts(held):
                raise ContractError(
                    f"{path} holds counts of ARM instructions, which have no noise to test: "
                    f"compare them by python -m benchmarks.arm.counting --against {path}"
                )
            return cls.model_validate_json(held)
        except OSError as error:
            raise ContractError(f"cannot read {path}: {error.strerror}; give a file that skinedge bench wrote") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "file"
            raise ContractError(f"{path} holds no results: {where}: {first['msg']}; measure again") from None


def _holds_counts(held: bytes) -> bool:
    """Whether `make bench-arm` wrote a file."""
    try:
        document = json.loads(held)
    except ValueError:
        return False
    return isinstance(document, dict) and "counts" in document


def write_stamped(path: Path, found: Mapping[str, Any]) -> None:
    """Writes results as JSON, with date, commit and machine. Raises: OSError."""
    stamp = {
        "made_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "device": DeviceCard.of_this_machine().model_dump(),
    }
    write_whole(path, json.dumps(stamp | dict(found), indent=1) + "\n")


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf, and others do not know these names.
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith(("model name", "Hardware"))]
    return names[0] if names else platform.machine()


def _commit() -> str:
    try:
        found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
