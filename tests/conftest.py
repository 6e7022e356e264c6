"""Fixtures that tests of several parts share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skinedge.runtime.keys import CONFIG_VARIABLE
from tests import fakes

Command = Callable[..., tuple[int, str, str]]


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
    folder = Path(__file__).resolve().parents[2] / "shared" / "pad-ufes-20"
    if not (folder / "metadata.csv").is_file():
        pytest.skip("real photos are not here: ../shared/pad-ufes-20")
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
