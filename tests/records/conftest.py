"""Fixtures of the record store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skinedge.records.store import RecordStore
from tests.records import stations


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where `store` lies."""
    return tmp_path / "records"


@pytest.fixture
def store(folder: Path) -> Iterator[RecordStore]:
    """An empty store."""
    with stations.new_store(folder) as store:
        yield store
