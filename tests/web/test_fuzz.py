"""A few hundred mutated uploads and forms; `make fuzz-web` sends thousands."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from benchmarks.drivers.station_fuzz import fuzz


# Starlette leaves a part that never ends to the garbage collector: it lies in memory, and nowhere else.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.Spooled:ResourceWarning")
def test_no_upload_and_no_form_upsets_the_station(bundle: Path, tmp_path: Path) -> None:
    statuses = fuzz(300, seed=20260101, bundle=bundle, folder=tmp_path)
    gc.collect()
    assert sum(statuses.values()) == 300
    # Mutations that nothing refuses, or that all are refused, would test nothing.
    assert statuses[200] > 30 and statuses[400] > 30
