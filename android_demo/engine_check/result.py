"""The results of a check, as they are committed."""

from __future__ import annotations

import zlib
from typing import Literal

from android_demo.engine_check.elf import Elf
from android_demo.engine_check.instructions import newer_atomics
from android_demo.engine_check.machines import Outcome
from android_demo.engine_check.packages import Release
from skinedge.contract import Frozen
from skinedge.runtime.bundle import file_sha256

LIMITS = {"x86_64": 0.01, "arm64": 1e-4}
"""How far a probability may be from Python's. Phones are arm64; x86_64 has what every bundle is allowed between processors
(`skinedge.runtime.golden`), because this library rounds there differently from Python's newer one."""
LEAST_SPREAD = 0.1
"""The least difference between the answers to different photos: a program that always gives the same proves nothing."""


class Library(Frozen):
    """One native library of one release."""

    release: str
    machine: str
    sha256: str
    size_bytes: int
    compressed_bytes: int
    page_bytes: int
    newer_atomics: dict[str, str]
    """Unguarded instructions that ARMv8.0 lacks, by their address."""
    guarded_atomics: int


class Run(Frozen):
    """The golden vectors through one library on one processor."""

    release: str
    processor: str
    machine: str
    engine: str
    verdict: Literal["agrees", "differs", "died"]
    vectors: int
    largest_difference: float | None
    spread: float | None
    limit: float
    died_of: str | None = None
    control_difference: float | None = None
    """The difference of a damaged program's answers, which must be above the limit."""


class Result(Frozen):
    """The whole file."""

    note: str = "QEMU tells what runs and what it answers. No time that it takes is a phone's."
    versions: dict[str, str]
    program_sha256: str
    made_with: dict[str, str]
    chosen: str
    libraries: tuple[Library, ...]
    runs: tuple[Run, ...]


def describe(release: Release, machine: str) -> Library:
    """Measures and searches a release's library for x86_64 or arm64."""
    path = release.engine(machine)
    library = Elf(path)
    bare, guarded = newer_atomics(library) if machine == "arm64" else ([], 0)
    return Library(
        release=release.name,
        machine=machine,
        sha256=file_sha256(path),
        size_bytes=len(library.data),
        compressed_bytes=len(zlib.compress(bytes(library.data), 9)),
        page_bytes=library.page_bytes(),
        newer_atomics={f"{found.address:#x}": found.family for found in bare},
        guarded_atomics=guarded,
    )


def largest_difference(found: list[list[float]], expected: list[tuple[float, ...]]) -> float:
    """The largest difference between two lists of probabilities, 0..1; 1 where a vector has no answer of that length."""
    if [len(row) for row in found] != [len(row) for row in expected]:
        return 1.0
    pairs = ((a, b) for row, right in zip(found, expected, strict=True) for a, b in zip(row, right, strict=True))
    return max(abs(a - b) for a, b in pairs)


def spread(probabilities: list[list[float]]) -> float:
    """The largest distance between two answers for one label."""
    distances: list[float] = [max(column) - min(column) for column in zip(*probabilities, strict=True)]
    return max(distances)


def judge(outcome: Outcome, expected: list[tuple[float, ...]], *, limit: float) -> Literal["agrees", "differs", "died"]:
    """Whether the answers are Python's."""
    if outcome.signal or len(outcome.probabilities) < len(expected):
        return "died"
    close = largest_difference(outcome.probabilities, expected) <= limit
    return "agrees" if close and spread(outcome.probabilities) >= LEAST_SPREAD else "differs"


def cause(outcome: Outcome, library: Library) -> str | None:
    """Why the process died, in words: the signal, and the instruction where the search had found it."""
    if outcome.signal is None:
        return outcome.message or "no words"
    at = f"{outcome.offset:#x}"
    return f"{outcome.signal} at {library.newer_atomics.get(at, 'an instruction')} {at} of {outcome.library}"
