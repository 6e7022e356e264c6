"""Export recipes: what to make, and the limits that it must keep."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import get_args

from pydantic import Field

from skinedge.config import parse_toml
from skinedge.contract import Frozen
from skinedge.errors import ConfigError, GateError
from skinedge.lowering.parity import DRAWN, Parity
from skinedge.runtime.bundle import Precision, Target


class Limits(Frozen):
    """What a program must keep. Shares are 0..1."""

    program_size_bytes: int = Field(gt=0)
    refer_agreement: float = Field(ge=0, le=1)
    drawn_refer_agreement: float = Field(ge=0, le=1)
    label_agreement: float = Field(ge=0, le=1)
    bacc_loss: float = Field(ge=0, le=1)
    largest_difference: float = Field(ge=0, le=1)

    def check(self, size_bytes: int, comparisons: list[Parity]) -> None:
        """Raises: GateError that lists every limit which is broken."""
        broken = []
        if size_bytes > self.program_size_bytes:
            broken.append(f"program of {size_bytes:,} bytes, limit {self.program_size_bytes:,}")
        for parity in comparisons:
            refer = self.drawn_refer_agreement if parity.samples == DRAWN else self.refer_agreement
            for name, limit in (("refer_agreement", refer), ("label_agreement", self.label_agreement)):
                got = getattr(parity, name)
                if got < limit:
                    broken.append(f"{name} {got:.3f} on {parity.n} {parity.samples}, limit {limit:.3f}")
            if parity.largest_difference > self.largest_difference:
                broken.append(
                    f"largest_difference {parity.largest_difference:.4f} on {parity.n} {parity.samples}, "
                    f"limit {self.largest_difference:g}"
                )
            if parity.bacc_change is not None and -parity.bacc_change > self.bacc_loss:
                broken.append(f"bacc_loss {-parity.bacc_change:.3f} on {parity.n} {parity.samples}, limit {self.bacc_loss}")
        if broken:
            raise GateError(
                f"nothing was written, the program breaks its recipe: {'; '.join(broken)}. Calibrate with --data on real "
                "photos, or train again"
            )


class ExportRecipe(Frozen):
    """One TOML file of `export/`."""

    target: Target
    precision: Precision
    """What is made where nobody asks for another."""
    program: str
    calibration_photos: int = Field(ge=1)
    limits: Mapping[Precision, Limits]
    """By precision: those that the target can be made in."""

    def at(self, precision: Precision | None) -> ExportRecipe:
        """The same recipe in another precision. Raises: ConfigError where it has no limits for it."""
        wanted = precision or self.precision
        if wanted not in self.limits:
            raise ConfigError(f"{self.target} cannot be exported in {wanted}: expected one of {', '.join(self.limits)}")
        return self.model_copy(update={"precision": wanted})


def load_export_recipe(name_or_path: str) -> ExportRecipe:
    """The recipe of a target, or one from a TOML file.

    Raises: ConfigError where there is none, or it says something a recipe does not have.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        if name_or_path not in get_args(Target):
            raise ConfigError(f"unknown target {name_or_path!r}: expected one of {', '.join(get_args(Target))}")
        path = _folder() / f"{name_or_path}.toml"
    try:
        return parse_toml(path.read_text(encoding="utf-8"), ExportRecipe, str(path))
    except OSError:
        raise ConfigError(f"no export recipe at {path}: give a target or a TOML file") from None


def _folder() -> Path:
    # An installed wheel carries a copy of the repository's `export/`.
    installed = Path(str(resources.files("skinedge"))) / "export_recipes"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "export"
