"""Export recipes: what to make, how, and the limits that it must keep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from skinedge.contract import Frozen
from skinedge.errors import ConfigError
from skinedge.lowering.backends.registry import backend_names, get_backend
from skinedge.lowering.gates import Limits
from skinedge.lowering.quantization.plan import Settings
from skinedge.runtime.bundle import Precision
from skinedge.settings import parse_toml, shipped


class ExportRecipe(Frozen):
    """One TOML file of `export/`."""

    target: str = Field(description="what the program is for")
    precision: Precision = Field(description="what is made where nobody asks for another")
    program: str = Field(description="name of the program's file in the bundle")
    quantization: Settings = Field(default=Settings(), description="how int8 is made; a table of its own")
    limits: Mapping[Precision, Limits] = Field(description="a table for each precision that the target can be made in")

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
        if name_or_path not in backend_names():
            raise ConfigError(
                f"unknown target {name_or_path!r}: expected one of {', '.join(backend_names())}, or a TOML file"
            )
        path = get_backend(name_or_path).recipe or shipped("export", "export_recipes") / f"{name_or_path}.toml"
    try:
        return parse_toml(path.read_text(encoding="utf-8"), ExportRecipe, str(path))
    except OSError:
        raise ConfigError(f"no export recipe at {path}: give a target or a TOML file") from None
