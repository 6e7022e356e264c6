"""Fixtures of the station's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from skinedge.web.station import Station
from tests import fakes
from tests.web.browser import Browser, Clock
from tests.web.browser import station as new_station


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One bundle for all tests here: none of them alters it."""
    return fakes.write_bundle(tmp_path_factory.mktemp("web") / "bundle")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def station(bundle: Path, tmp_path: Path, clock: Clock) -> Station:
    """A station that this machine alone can reach, locked."""
    return new_station(bundle, tmp_path, clock)


@pytest.fixture
def browser(station: Station) -> Browser:
    """A browser that has unlocked the station."""
    return Browser(station).unlock()


@pytest.fixture
def photo_bytes(photo: Path) -> bytes:
    return photo.read_bytes()
