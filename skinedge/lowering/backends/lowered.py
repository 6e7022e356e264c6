"""What lowering a module to a target gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Portable(NamedTuple):
    """An operator that no backend took over."""

    operator: str
    part: str
    """The part of the module that it belongs to, in words."""
    why: str


@dataclass(frozen=True)
class Lowered:
    """The files of a program, and where its operators run."""

    files: Mapping[str, bytes]
    """By posix path in the bundle: one file for most targets, a whole folder for a Core ML package."""
    delegated: Counter[str] = field(default_factory=Counter)
    """How many operators a backend took over, by name; empty for targets that have no delegates."""
    portable: Counter[Portable] = field(default_factory=Counter)
    """How many operators stay in portable kernels."""

    @property
    def delegated_share(self) -> float | None:
        """The share of operators that a backend took over; None for targets that have no delegates."""
        total = self.delegated.total() + self.portable.total()
        return self.delegated.total() / total if total else None

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(map(len, self.files.values()))

    def write(self, folder: Path) -> None:
        """Writes the files into the folder of a bundle that is being made."""
        for name, data in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
