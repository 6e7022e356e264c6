"""Whoever gives the right passphrase is let in, and whoever was let in is answered, whatever happens at the same moment.

Each test forces one order of two threads. `meanwhile` runs the other one: it may be done before it returns, or wait for a
lock that this thread holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.drivers.client import PASSPHRASE, Browser
from skinedge.records.store import RecordStore
from skinedge.records.vault import Cost
from skinedge.web.serving import _forget_the_idle
from skinedge.web.sessions import Sessions
from skinedge.web.station import Station
from tests.web.conftest import NewStation

CHEAP = Cost(n=1 << 10, p=1)


def meanwhile(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(0.3)
    return thread


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """New stores have a passphrase that is quick to check."""
    create = RecordStore.create.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(
        RecordStore, "create", classmethod(lambda cls, folder, passphrase, **_: create(cls, folder, passphrase, cost=CHEAP))
    )


def _empty(tmp_path: Path) -> None:
    for file in (tmp_path / "records").iterdir():
        file.unlink()


@pytest.mark.parametrize("first", [False, True], ids=["unlocking", "first set-up"])
@pytest.mark.usefixtures("cheap")
def test_the_tick_between_opening_and_the_session_closes_nothing(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    if first:
        _empty(tmp_path)
    prove, ticks = Sessions.prove, []

    def tick_first(sessions: Sessions, cookie: str, **proofs: bool) -> str:
        if proofs.get("passphrase"):
            ticks.append(meanwhile(station.forget_the_idle))
        return prove(sessions, cookie, **proofs)

    browser = Browser(station)
    monkeypatch.setattr(Sessions, "prove", tick_first)
    browser.post("/unlock", {"passphrase": PASSPHRASE, "repeated": PASSPHRASE})
    ticks[0].join()
    assert browser.page.status_code == 200 and station.locker.is_open
    assert browser.get("/visits").url.path == "/visits" and browser.page.status_code == 200


@pytest.mark.parametrize("way", ["lock", "idle"])
def test_a_request_that_was_let_in_is_answered_before_the_records_close(
    browser: Browser, station: Station, clock: Callable[[], float], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    records, others = RecordStore.records, []

    def end() -> None:
        if way == "idle":
            clock.now_s += 10_000  # type: ignore[attr-defined]
        else:
            station.sessions.end(browser.client.cookies["skinedge_session"])
        station.forget_the_idle()

    def interrupted(store: RecordStore, *, limit: int, offset: int) -> object:
        others.append(meanwhile(end))
        return records(store, limit=limit, offset=offset)

    monkeypatch.setattr(RecordStore, "records", interrupted)
    assert browser.get("/visits").status_code == 200 and browser.path == "/visits"
    others[0].join()
    assert not station.locker.is_open and browser.get("/visits").url.path == "/unlock"


def test_a_visit_that_is_locked_while_it_is_screened_is_kept(
    browser: Browser, station: Station, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=photo_bytes)
    screen, others = station.screener.screen, []
    second = Browser(station)
    second.client.cookies = browser.client.cookies
    second.get("/visits")

    def interrupted(*given: object, **named: object) -> object:
        others.append(meanwhile(lambda: second.post("/lock")))
        return screen(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(station.screener, "screen", interrupted)
    browser.post(f"{draft}/questions")
    others[0].join()
    assert browser.path == "/unlock" and not station.locker.is_open
    monkeypatch.undo()
    browser.unlock()
    assert station.locker.store.records().total == 1 and not station.drafts.unfinished()


@pytest.mark.usefixtures("cheap")
def test_two_that_set_up_at_once_make_one_store(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _empty(tmp_path)
    browsers = [Browser(station) for _ in range(2)]
    passphrases = [PASSPHRASE, "four other words here"]
    both, unlock = threading.Barrier(2, timeout=20), Station.unlock

    def at_once(of: Station, cookie: str, passphrase: str, *, pin_given: bool, first: bool) -> str | None:
        both.wait()
        return unlock(of, cookie, passphrase, pin_given=pin_given, first=first)

    monkeypatch.setattr(Station, "unlock", at_once)
    senders = [
        threading.Thread(
            target=lambda n=n: browsers[n].post("/unlock", dict.fromkeys(("passphrase", "repeated"), passphrases[n]))
        )
        for n in range(2)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(browser.page.status_code for browser in browsers) == [200, 403]
    assert sorted(browser.get("/visits").url.path for browser in browsers) == ["/unlock", "/visits"]


@pytest.mark.usefixtures("cheap")
def test_a_set_up_that_was_killed_begins_anew(station: Station, tmp_path: Path) -> None:
    _empty(tmp_path)
    (tmp_path / "records" / "records.sqlite").touch()  # The first step of making a store.
    browser = Browser(station)
    assert "Set up" in browser.page.text
    browser.post("/unlock", {"passphrase": PASSPHRASE, "repeated": PASSPHRASE})
    assert browser.page.status_code == 200 and browser.get("/visits").url.path == "/visits"


def test_many_guesses_at_once_are_counted_as_many(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    guesses: list[str] = []
    opening = RecordStore.open.__func__  # type: ignore[attr-defined]

    def counted(cls: type[RecordStore], folder: Path, passphrase: str) -> RecordStore:
        guesses.append(passphrase)
        store: RecordStore = opening(cls, folder, passphrase)
        return store

    monkeypatch.setattr(RecordStore, "open", classmethod(counted))
    browsers = [Browser(station) for _ in range(12)]
    together = threading.Barrier(12, timeout=20)

    def guess(browser: Browser) -> None:
        fields = {"token": browser.token, "passphrase": "wrong words here"}
        together.wait()
        browser.page = browser.client.post("/unlock", data=fields)

    senders = [threading.Thread(target=guess, args=(browser,)) for browser in browsers]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(guesses) == station.passphrase_attempts.free
    assert sorted({browser.page.status_code for browser in browsers}) == [403, 429]


def test_a_bug_in_the_tick_does_not_end_it(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks, stopped = [], threading.Event()

    def broken() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            stopped.set()
        raise RuntimeError

    monkeypatch.setattr("skinedge.web.serving._FORGET_EVERY_S", 0.001)
    monkeypatch.setattr(station, "forget_the_idle", broken)
    _forget_the_idle(station, stopped)
    assert len(ticks) == 3


def test_a_passphrase_is_never_refused_while_the_tick_runs_all_the_time(new_station: NewStation) -> None:
    station, stopped = new_station(), threading.Event()

    def tick() -> None:
        while not stopped.is_set():
            station.forget_the_idle()

    ticking = threading.Thread(target=tick)
    ticking.start()
    try:
        browser = Browser(station)
        for _ in range(15):
            browser.unlock()
            browser.post("/lock")
            assert browser.path == "/unlock"
    finally:
        stopped.set()
        ticking.join()
