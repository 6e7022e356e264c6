"""Fixtures that tests of several parts share."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import PHOTOS_VARIABLE, real_photos
from skinedge.runtime.keys import CONFIG_VARIABLE
from tests import fakes

pytest_plugins = ["tests.offline.plugin"]
LONG = frozenset({"lowering", "reproduction", "training", "benchmark", "test_private.py"})
"""Folders and files of tests that train, export or wait for most of a minute."""
Command = Callable[..., tuple[int, str, str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what needs torch where the plain install is, and begins with what takes long, so that no core ends late."""
    if importlib.util.find_spec("torch") is None:
        for item in items:
            if item.get_closest_marker("needs_torch"):
                item.add_marker(pytest.mark.skip(reason="needs pip install 'skinedge[train]'"))
    items.sort(key=lambda item: LONG.isdisjoint(item.path.parts))


@pytest.fixture(autouse=True)
def no_trusted_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that the developer trusts have no say in tests."""
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "config"))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Folder of a whole ONNX bundle that nobody has signed."""
    return fakes.write_bundle(tmp_path / "bundle")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A usable synthetic photo."""
    return fakes.photo(tmp_path / "spot.jpg")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real PAD-UFES-20 photos, which are patients' and never part of this repository."""
    folder = real_photos()
    if not (folder / "metadata.csv").is_file():
        pytest.skip(f"real photos are not here: {PHOTOS_VARIABLE} names no folder of PAD-UFES-20, nor is one in {folder}")
    return folder


@pytest.fixture
def skinedge(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process: returns (exit code, stdout, stderr). A bug's exception passes through."""
    from skinedge.cli import main

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run
