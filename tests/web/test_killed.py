"""What a running station acknowledged outlives `kill -9`: every step of every visit under way."""

from __future__ import annotations

from pathlib import Path

from benchmarks.drivers import station_kill

KILLS = 5
"""`make kill-station` kills two hundred times, and `make cut-station` cuts the power."""


def test_every_acknowledged_step_outlives_kill_9(tmp_path: Path) -> None:
    counted = station_kill.kills(tmp_path, KILLS, seed=3)
    assert counted["deaths"] == KILLS and counted["acknowledged_steps"] > 5 * KILLS and counted["visits"] > 0
