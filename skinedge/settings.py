"""Settings read from TOML files: training recipes, export recipes, the benchmark protocol."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from skinedge.contract import Frozen
from skinedge.errors import ConfigError

Settings = TypeVar("Settings", bound=Frozen)


def shipped(repository: str, wheel: str) -> Path:
    """A file or folder of the repository, or its copy in an installed wheel.

    Args:
        repository: its place in the repository, such as `export`.
        wheel: the place of the copy in the package.
    """
    installed = Path(str(resources.files("skinedge"))) / wheel
    return installed if installed.exists() else Path(__file__).parents[1] / repository


def parse_toml(text: str, kind: type[Settings], where: str) -> Settings:
    """Settings from TOML text. Raises: ConfigError, one line, naming the first thing that is wrong."""
    try:
        return kind.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not TOML: {error}") from None
    except ValidationError as error:
        raise ConfigError(first_problem(error, where)) from None


def first_problem(error: ValidationError, where: str) -> str:
    """The first problem in one line: where, what was expected, what was found."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"])) or "recipe"
    # A rule about several settings has all of them as its input; its message says which.
    got = "" if first["type"] == "value_error" else f" (got {first['input']!r})"
    # Keys may hold line breaks.
    what = " ".join(f"{place}: {first['msg'].removeprefix('Value error, ')}".split())
    return f"{where}: {what}{got}"
