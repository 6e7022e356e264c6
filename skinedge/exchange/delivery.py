"""Files to carry away, such as on a USB stick: whole or not at all, and never over another file by mistake."""

from __future__ import annotations

from pathlib import Path

from skinedge import files
from skinedge.errors import ConfigError


def check_place(path: Path, *, overwrite: bool) -> None:
    """Raises: ConfigError where nothing can be written, or there is something already that may not be overwritten."""
    files.check_place(path, "--out")
    if path.exists() and not overwrite:
        raise ConfigError(f"{path} is there already: give --out another name, or say --overwrite")


def deliver(path: Path, content: str | bytes, *, overwrite: bool = False) -> Path:
    """Writes a file that is on the disk when this returns. Where it fails, the old file stays.

    Raises: ConfigError where it may not be written; OSError where it cannot.
    """
    check_place(path, overwrite=overwrite)
    files.write_whole(path, content)
    return path
