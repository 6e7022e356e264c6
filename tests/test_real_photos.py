"""Where the tests, the benchmarks and the Makefile look for the real photos."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import PHOTOS_VARIABLE, ROOT, real_photos

PROBE = "def test_it(real_data):\n    print('found', real_data)\n"


def test_the_variable_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(PHOTOS_VARIABLE, str(tmp_path))
    assert real_photos() == tmp_path


def test_without_it_the_folder_lies_beside_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = ROOT.parent / "shared" / "pad-ufes-20"
    monkeypatch.setenv(PHOTOS_VARIABLE, "")
    assert real_photos() == beside
    monkeypatch.delenv(PHOTOS_VARIABLE)
    assert real_photos() == beside


@pytest.mark.parametrize("there", [True, False])
def test_tests_of_real_photos_run_where_they_are_and_skip_elsewhere(tmp_path: Path, there: bool) -> None:
    if there:
        (tmp_path / "metadata.csv").touch()
    (tmp_path / "test_it.py").write_text(PROBE)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-rs", "-s"]
    done = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path / "test_it.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), PHOTOS_VARIABLE: str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (f"found {tmp_path}" if there else f"{PHOTOS_VARIABLE} names no folder") in done.stdout


@pytest.mark.parametrize("given", [None, "elsewhere"])
@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_make_and_python_agree(monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    monkeypatch.delenv(PHOTOS_VARIABLE, raising=False)
    if given:
        monkeypatch.setenv(PHOTOS_VARIABLE, given)
    command = ["make", "--dry-run", "--always-make", "bench-training"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert f"--data {real_photos()} " in done.stdout
