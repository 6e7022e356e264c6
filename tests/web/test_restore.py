"""An empty station makes its records from a backup in the folder that the operator named."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.drivers.client import PASSPHRASE, Browser, Clock
from skinedge.records.recovery_key import RecoveryKey
from skinedge.web.station import Station
from tests.web.conftest import NewStation

NAME = "records-2026-01-31-080500.skinedge"


@pytest.fixture
def key(browser: Browser, station: Station, photo_bytes: bytes, tmp_path: Path) -> RecoveryKey:
    """Of a station that is lost: one visit, and a backup on a stick."""
    browser.visit(photo_bytes)
    key = station.locker.store.new_recovery_key()
    (tmp_path / "stick").mkdir()
    station.locker.store.backup(tmp_path / "stick" / NAME)
    station.locker.lock()
    return key


@pytest.fixture
def empty(key: RecoveryKey, new_station: NewStation, tmp_path: Path) -> Station:
    """The station on another machine."""
    for file in (tmp_path / "records").iterdir():
        file.unlink()
    station = new_station()
    for file in (tmp_path / "records").iterdir():
        file.unlink()
    station.backups = tmp_path / "stick"
    return station


@pytest.mark.parametrize("by_key", [False, True])
def test_the_records_come_back(empty: Station, key: RecoveryKey, by_key: bool) -> None:
    browser = Browser(empty)
    assert "/restore" in browser.page.text and NAME in browser.get("/restore").text
    browser.post("/restore", {"file": NAME, "passphrase": key.spoken().lower() if by_key else PASSPHRASE})
    assert browser.page.status_code == 200 and "1 visit is here again" in browser.page.text
    assert ("set a new passphrase" in browser.page.text) == by_key and "are damaged" not in browser.page.text
    assert browser.get("/visits").url.path == "/visits" and empty.locker.store.records().total == 1
    assert empty.locker.store.log()[-1].entry.kind == "restore"
    # Once there are records, nothing is restored over them.
    assert browser.get("/restore").url.path == "/visits"
    assert browser.post("/restore", {"file": NAME, "passphrase": PASSPHRASE}).url.path == "/visits"
    assert empty.locker.store.log()[-1].entry.kind == "restore"


def test_what_does_not_open_it_makes_nothing_and_counts(empty: Station, clock: Clock, tmp_path: Path) -> None:
    browser = Browser(empty)
    browser.get("/restore")
    for name in ("none.skinedge", "../records/records.sqlite", ""):
        assert browser.post("/restore", {"file": name, "passphrase": PASSPHRASE}).status_code == 403
        assert "Choose a backup" in browser.page.text
    for _ in range(5):
        assert browser.post("/restore", {"file": NAME, "passphrase": "wrong words here"}).status_code == 403
    assert browser.post("/restore", {"file": NAME, "passphrase": PASSPHRASE}).status_code == 429
    assert not empty.locker.exists
    clock.now_s += 31
    (tmp_path / "stick" / NAME).write_bytes(b"half a backup" * 1000)
    browser.get("/restore")
    answer = browser.post("/restore", {"file": NAME, "passphrase": PASSPHRASE})
    assert answer.status_code == 403 and 'role="alert"' in answer.text and not empty.locker.exists


def test_without_a_stick_it_says_so(empty: Station, tmp_path: Path) -> None:
    (tmp_path / "stick" / NAME).unlink()
    assert "There is no backup" in Browser(empty).get("/restore").text
    empty.backups = None
    assert "/restore" not in Browser(empty).get("/unlock").text
