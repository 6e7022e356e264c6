"""Fixtures of the record store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.drivers import stations
from skinedge.records.store import RecordStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where `store` lies."""
    return tmp_path / "records"


@pytest.fixture
def store(folder: Path) -> Iterator[RecordStore]:
    """An empty store."""
    with stations.new_store(folder) as store:
        yield store
