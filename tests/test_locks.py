"""A lock holds while its process lives, and not a moment longer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from skinedge.locks import locked

HOLD = """
import sys, time
from pathlib import Path
from skinedge.locks import locked
with locked(Path(sys.argv[1])) as held:
    print(held, flush=True)
    time.sleep(60)
"""


def test_only_one_has_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with locked(path) as first, locked(path) as second:
        assert (first, second) == (True, False)
    with locked(path) as again:
        assert again
    with locked(tmp_path / "nothing") as none:
        assert none is None


@pytest.mark.skipif(sys.platform == "win32", reason="a folder cannot be locked there")
def test_a_folder_can_be_locked(tmp_path: Path) -> None:
    with locked(tmp_path) as first, locked(tmp_path) as second:
        assert (first, second) == (True, False)


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None and process.stdout.readline() == b"True\n"
    with locked(path) as meanwhile:
        assert meanwhile is False
    process.kill()
    process.communicate()
    with locked(path) as after:
        assert after
