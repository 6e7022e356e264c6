"""Files to carry away, such as on a USB stick: whole or not at all, and never over another file by mistake."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skinedge.errors import ConfigError
from skinedge.files import write_whole


def check_place(path: Path, *, overwrite: bool) -> None:
    """Raises: ConfigError where nothing can be written, or there is something already that may not be overwritten."""
    with _one_line(path):
        if path.is_dir():
            raise ConfigError(f"cannot write {path}: it is a folder; give --out the name of a file")
        if path.exists() and not overwrite:
            raise ConfigError(f"{path} is there already: give --out another name, or say --overwrite")


def deliver(path: Path, content: str | bytes, *, overwrite: bool = False) -> Path:
    """Writes a file that is on the disk when this returns.

    Raises: ConfigError where it may not or cannot be written; OSError where the disk is full. What was there is then left.
    """
    check_place(path, overwrite=overwrite)
    with _one_line(path):
        write_whole(path, content)
    return path


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise ConfigError(f"cannot write {path}: {error.strerror}; give --out another place") from None
