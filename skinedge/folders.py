"""The folders of a user's files, by the custom of the system."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from skinedge.errors import ConfigError

APP = "skinedge"


def settings_folder() -> Path:
    """Settings, such as trusted keys: `~/.config/skinedge` on Linux.

    `~/Library/Application Support/skinedge` on macOS, `%APPDATA%\\skinedge` on Windows. `$XDG_CONFIG_HOME` is followed where
    the system has it.

    Raises: ConfigError where this user has no home.
    """
    from platformdirs import user_config_path  # takes 20 ms, and screening with the default model needs no folder

    folder = _in_a_home(lambda: user_config_path(APP, appauthor=False, roaming=True), "XDG_CONFIG_HOME")
    if sys.platform == "darwin" and not folder.exists():
        # SkinEdge 0.1 did not follow XDG_CONFIG_HOME there: keys that somebody trusted then are still found.
        before = Path.home() / "Library" / "Application Support" / APP
        return before if before.exists() else folder
    return folder


def data_folder() -> Path:
    """Data, such as records: `~/.local/share/skinedge` on Linux.

    `~/Library/Application Support/skinedge` on macOS, `%LOCALAPPDATA%\\skinedge` on Windows: the roaming folder would be
    copied to a server. `$XDG_DATA_HOME` is followed everywhere.

    Raises: ConfigError where this user has no home.
    """
    chosen = os.environ.get("XDG_DATA_HOME")
    if chosen:
        return Path(chosen) / APP
    from platformdirs import user_data_path

    return _in_a_home(lambda: user_data_path(APP, appauthor=False), "XDG_DATA_HOME")


def _in_a_home(find: Callable[[], Path], variable: str) -> Path:
    """A folder of the user. Raises: ConfigError where neither HOME nor the system's list of users names a home."""
    try:
        folder = find()
        if folder.parts[0] != "~":  # From older platformdirs: it would be made in the folder that we happen to be in.
            return folder
    except RuntimeError:
        pass
    raise ConfigError(f"this user has no home folder: set HOME, or {variable} to a folder for what SkinEdge keeps")
