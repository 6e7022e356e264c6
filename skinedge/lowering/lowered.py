"""What lowering a module to a target gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Lowered:
    """The files of a program, and where its operators run."""

    files: Mapping[str, bytes]
    """By posix path in the bundle: one file for most targets, a whole folder for a Core ML package."""
    delegated: Counter[str] = field(default_factory=Counter)
    """How many operators a backend took over, by name; empty for targets that have no delegates."""
    portable: Counter[str] = field(default_factory=Counter)
    """How many operators stay in portable kernels, by name."""

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.files.values()))

    def write(self, folder: Path) -> None:
        """Writes the files into the folder of a bundle that is being made."""
        for name, data in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
