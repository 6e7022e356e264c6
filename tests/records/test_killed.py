"""What was acknowledged outlives a process that is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.drivers import records_kill

KILLS = 30
"""`make kill-records` kills two hundred times, which takes a minute or more."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_every_acknowledged_record_outlives_kill_9(tmp_path: Path) -> None:
    command = [sys.executable, records_kill.__file__, str(tmp_path / "records"), str(KILLS)]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=paths)
    assert run.returncode == 0, run.stderr
    counts = json.loads(run.stdout)
    assert counts["kills"] == KILLS and counts["kept"] > 0
