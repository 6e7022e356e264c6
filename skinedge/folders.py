"""The folders of a user's files, by the custom of the system."""

from __future__ import annotations

import os
import sys
from pathlib import Path

APP = "skinedge"


def settings_folder() -> Path:
    """Settings, such as trusted keys: `~/.config/skinedge` on Linux.

    `~/Library/Application Support/skinedge` on macOS, `%APPDATA%\\skinedge` on Windows. `$XDG_CONFIG_HOME` is followed where
    the system has it.
    """
    from platformdirs import user_config_path  # takes 20 ms, and screening with the default model needs no folder

    folder = user_config_path(APP, appauthor=False, roaming=True)
    if sys.platform == "darwin" and not folder.exists():
        # SkinEdge 0.1 did not follow XDG_CONFIG_HOME there: keys that somebody trusted then are still found.
        before = Path.home() / "Library" / "Application Support" / APP
        return before if before.exists() else folder
    return folder


def data_folder() -> Path:
    """Data, such as records: `~/.local/share/skinedge` on Linux.

    `~/Library/Application Support/skinedge` on macOS, `%LOCALAPPDATA%\\skinedge` on Windows: the roaming folder would be
    copied to a server. `$XDG_DATA_HOME` is followed everywhere.
    """
    chosen = os.environ.get("XDG_DATA_HOME")
    if chosen:
        return Path(chosen) / APP
    from platformdirs import user_data_path

    return user_data_path(APP, appauthor=False)
