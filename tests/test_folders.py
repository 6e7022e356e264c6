"""Where a user's files lie on the three systems: where SkinEdge kept them before it asked platformdirs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from skinedge.errors import ConfigError
from skinedge.folders import APP, data_folder, settings_folder
from skinedge.records.store import default_folder
from skinedge.runtime.keys import CONFIG_VARIABLE, TRUSTED_FOLDER, trusted_folder, trusted_keys

SYSTEMS = {"linux": Unix, "darwin": MacOS, "win32": Windows}
SETTINGS = {
    "linux": f".config/{APP}",
    "darwin": f"Library/Application Support/{APP}",
    "win32": f"AppData/Roaming/{APP}",
}
DATA = {
    "linux": f".local/share/{APP}",
    "darwin": f"Library/Application Support/{APP}",
    "win32": f"AppData/Local/{APP}",
}


@pytest.fixture(params=sorted(SYSTEMS))
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """One of the three, with a home that is empty."""
    name = str(request.param)
    monkeypatch.setattr(sys, "platform", name)
    monkeypatch.setattr(platformdirs, "PlatformDirs", SYSTEMS[name])
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", CONFIG_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    for variable, folder in (("APPDATA", "Roaming"), ("LOCALAPPDATA", "Local")):
        monkeypatch.setenv(variable, str(tmp_path / "AppData" / folder))

    def of_environment(name: str) -> Any:
        return str(tmp_path / "AppData" / {"CSIDL_APPDATA": "Roaming", "CSIDL_LOCAL_APPDATA": "Local"}[name])

    monkeypatch.setattr("platformdirs.windows._RESOLVE_WIN_FOLDER", of_environment)
    return name


def test_settings_lie_where_they_lay(system: str, tmp_path: Path) -> None:
    assert settings_folder() == tmp_path / SETTINGS[system] and trusted_folder() == settings_folder() / TRUSTED_FOLDER


def test_records_lie_where_they_lay(system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder() == tmp_path / DATA[system] and default_folder() == data_folder() / "records"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    assert default_folder() == tmp_path / "elsewhere" / APP / "records"


def test_keys_trusted_on_a_mac_before_are_found(tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    if system != "win32":
        assert settings_folder() == tmp_path / "settings" / APP
    before = tmp_path / "Library" / "Application Support" / APP
    before.mkdir(parents=True)
    if system == "darwin":
        assert settings_folder() == before
        (tmp_path / "settings" / APP).mkdir(parents=True)
        assert settings_folder() == tmp_path / "settings" / APP
    else:
        assert settings_folder() != before


def test_a_folder_that_was_chosen_wins(system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "chosen"))
    assert trusted_folder() == tmp_path / "chosen" / TRUSTED_FOLDER


def test_a_user_without_a_home_is_told_and_no_folder_of_that_name_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a container: neither HOME nor the list of users says where. Whoever names a folder needs no home."""
    if sys.platform == "win32":
        pytest.skip("Windows has no list of users to be missing from")
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", CONFIG_VARIABLE):
        monkeypatch.delenv(variable, raising=False)

    def nobody(_: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.chdir(tmp_path)
    for folder in (settings_folder, data_folder, trusted_folder, default_folder):
        with pytest.raises(ConfigError, match="no home folder: set HOME, or XDG_"):
            folder()
    assert trusted_keys() == frozenset()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "chosen"))
    assert default_folder() == tmp_path / "chosen" / APP / "records"
    assert list(tmp_path.iterdir()) == []
