"""Fixtures of the station's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.drivers import client
from benchmarks.drivers.client import Browser, Clock
from skinedge.web.station import Station
from tests import fakes

NewStation = Callable[..., Station]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One bundle for all tests here: none of them alters it."""
    return fakes.write_bundle(tmp_path_factory.mktemp("web") / "bundle")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_station(bundle: Path, tmp_path: Path, clock: Clock) -> Iterator[NewStation]:
    """Makes a station, which is locked afterwards: an open store is an open file."""
    made: list[Station] = []

    def make(**options: str) -> Station:
        made.append(client.station(bundle, tmp_path, clock, **options))
        return made[-1]

    yield make
    for station in made:
        station.locker.lock()


@pytest.fixture
def station(new_station: NewStation) -> Station:
    """A station that this machine alone can reach, locked."""
    return new_station()


@pytest.fixture
def browser(station: Station) -> Browser:
    """A browser that has unlocked the station."""
    return Browser(station).unlock()


@pytest.fixture
def photo_bytes(photo: Path) -> bytes:
    return photo.read_bytes()
