"""`skinedge export --target all`: every target that is installed, in every precision of its recipe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.errors import ConfigError, LoweringError
from skinedge.lowering.backends.registry import backend_names, get_backend
from skinedge.lowering.export import Exported, export_checkpoint
from skinedge.lowering.recipe import load_export_recipe
from skinedge.runtime.bundle import Precision

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Outcome:
    """One program that was made, or why it was not."""

    name: str
    """`android-int8`, or `android` where nothing of the target can be made here."""
    exported: Exported | None = None
    problem: str | None = None
    failed: bool = False
    """Whether it could have been made and was not: a target that is not installed is no failure."""


def export_all(
    folder: Path,
    out: Path,
    *,
    precision: Precision | None = None,
    data: DataSet | None = None,
    key: Ed25519PrivateKey | None = None,
    report: Path | None = None,
) -> Iterator[Outcome]:
    """Exports the checkpoint in `folder` to `out`/TARGET-PRECISION for every target, one after the other.

    A target that is not installed, and a program that breaks its limits, do not stop the others.

    Args:
        precision: only this one, of the targets that have it.
        report: folder for a page on each program.
    """
    for target in backend_names():
        try:
            get_backend(target).require_packages()
        except ConfigError as error:
            yield Outcome(target, problem=str(error))
            continue
        recipe = load_export_recipe(target)
        for wanted in recipe.limits if precision is None else (precision,):
            name = f"{target}-{wanted}"
            if wanted not in recipe.limits:
                continue
            try:
                exported = export_checkpoint(folder, recipe.at(wanted), out / name, data=data, key=key, report=report)
            except LoweringError as error:
                yield Outcome(name, problem=str(error), failed=True)
            else:
                yield Outcome(name, exported)
