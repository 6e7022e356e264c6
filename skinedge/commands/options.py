"""Options that several commands share."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from skinedge.errors import ConfigError

DEFAULT_CHECKPOINT = Path(__file__).parent.parent / "assets" / "checkpoint"

Photo = Annotated[str, typer.Argument(metavar="PHOTO", help="A JPEG or PNG file.")]
Model = Annotated[
    Path | None, typer.Option(help="Folder of a bundle.", show_default="the model of this install", metavar="BUNDLE")
]
Data = Annotated[Path, typer.Option(help="Folder in the layout of PAD-UFES-20.", metavar="FOLDER")]
Out = Annotated[Path, typer.Option(help="Folder to write to.", metavar="FOLDER")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def need_extra(extra: str, *modules: str) -> None:
    """Raises: ConfigError where one of the modules that an extra installs is not there."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(f"this command needs {missing[0]}: pip install 'skinedge[{extra}]'")
