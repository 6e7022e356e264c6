"""A form that is sent to a locked station waits behind the lock, and a page that somebody touches stays unlocked."""

from __future__ import annotations

from datetime import date

import anyio
import pytest
from starlette.requests import Request
from starlette.types import Message

from benchmarks.drivers.client import PASSPHRASE, Browser, Clock
from skinedge.web import limits
from skinedge.web.forms import read_form
from skinedge.web.station import Station
from tests.web.conftest import NewStation

WAITS = "This was sent while the station was locked"


def _lock_idle(station: Station, clock: Clock) -> None:
    clock.now_s += limits.IDLE_S + 1
    station.forget_the_idle()
    assert not station.locker.is_open


def _unlock(browser: Browser) -> str:
    assert browser.path == "/unlock" and "What you sent is kept" in browser.page.text
    browser.post("/unlock", {"passphrase": PASSPHRASE})
    assert browser.page.status_code == 200 and WAITS in browser.page.text, browser.page.text
    return browser.page.text


def test_answers_that_are_sent_after_a_lock_are_shown_and_finish_the_visit(
    browser: Browser, station: Station, clock: Clock, photo_bytes: bytes
) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=photo_bytes)
    browser.get(f"{draft}/questions")
    _lock_idle(station, clock)
    browser.post(f"{draft}/questions", {"answer_age_years": "41", "answer_itch": "yes"})
    page = _unlock(browser)
    assert browser.path == f"{draft}/questions" and 'value="41"' in page and 'value="yes" checked' in page
    assert station.locker.store.records().total == 0
    browser.post(f"{draft}/questions", {"answer_age_years": "41", "answer_itch": "yes"})
    assert browser.path.startswith("/visits/") and station.locker.store.records().total == 1
    assert not station.kept.paths(browser.client.cookies["skinedge_session"])


def test_a_photo_that_is_sent_after_a_lock_is_shown_and_taken(
    browser: Browser, station: Station, clock: Clock, photo_bytes: bytes
) -> None:
    draft = browser.start()
    _lock_idle(station, clock)
    browser.post(f"{draft}/photo", photo=photo_bytes)
    assert f"{draft}/kept.jpg" in _unlock(browser)
    assert browser.get(f"{draft}/kept.jpg").content == photo_bytes
    browser.get(f"{draft}/photo?kept")
    browser.post(f"{draft}/photo", {"kept": "yes"})
    assert "Use this photo" in browser.page.text
    assert station.drafts.photo(draft.removeprefix("/drafts/")) == photo_bytes
    assert browser.get(f"{draft}/kept.jpg").status_code == 404


def test_consent_and_later_findings_wait_too(browser: Browser, station: Station, clock: Clock, photo_bytes: bytes) -> None:
    visit = browser.visit(photo_bytes)
    browser.get("/visits")
    browser.post("/drafts")
    consent = browser.path
    sent = {
        consent: {"consent": "no_photo", "patient": "K-<99>"},
        f"{visit}/override": {"decision": "refer", "reason": "it <bled>", "by": "Dr A"},
        f"{visit}/outcome": {"label": "BCC?", "malignant": "yes", "on": date.today().isoformat(), "by": "Lab"},
    }
    for path, fields in sent.items():
        browser.get(path)
        _lock_idle(station, clock)
        browser.post(path, fields)
        page = _unlock(browser)
        for value in fields.values():
            assert value.replace("<", "&lt;").replace(">", "&gt;") in page
        browser.post(path, fields)
        assert browser.page.status_code == 200 and browser.path != path
    record = station.locker.store.record(visit.removeprefix("/visits/"))
    assert record.overrides[0].reason == "it <bled>" and record.outcomes[0].label == "BCC?"
    assert station.drafts.unfinished()[0].patient == "K-<99>"


def test_what_is_sent_to_a_station_that_was_started_anew_is_kept(
    browser: Browser, station: Station, new_station: NewStation, photo_bytes: bytes
) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=photo_bytes)
    token = browser.get(f"{draft}/questions") and browser.token
    station.locker.lock()
    restarted = Station(screener=station.screener, locker=station.locker)
    after = Browser(restarted)
    after.client.cookies = browser.client.cookies
    after.page = after.client.post(f"{draft}/questions", data={"token": token, "answer_age_years": "41"})
    assert 'value="41"' in _unlock(after)


def test_what_waits_stands_in_the_list_and_can_be_thrown_away(browser: Browser, station: Station, clock: Clock) -> None:
    draft = browser.start()
    browser.get(f"{draft}/consent")
    _lock_idle(station, clock)
    browser.post(f"{draft}/consent", {"consent": "photo", "patient": "K-5"})
    _unlock(browser)
    assert f"{draft}/consent?kept" in browser.get("/visits").text
    browser.post("/kept/discard")
    assert browser.path == "/visits" and "?kept" not in browser.page.text


def test_no_other_browser_sees_it(browser: Browser, station: Station, clock: Clock) -> None:
    draft = browser.start()
    browser.get(f"{draft}/consent")
    _lock_idle(station, clock)
    browser.post(f"{draft}/consent", {"consent": "photo", "patient": "K-SECRET"})
    other = Browser(station).unlock()
    assert "waiting" not in other.page.text and "K-SECRET" not in other.get(f"{draft}/consent?kept").text
    _unlock(browser)


def test_a_page_that_was_left_idle_sends_itself_to_be_kept_and_not_done(
    browser: Browser, station: Station, photo_bytes: bytes
) -> None:
    visit = browser.visit(photo_bytes)
    browser.get(f"{visit}/override")
    browser.post(f"{visit}/override?keep", {"decision": "refer", "reason": "half a sen", "by": "Dr A"})
    assert browser.path == f"{visit}/override" and WAITS in browser.page.text and "half a sen" in browser.page.text
    assert not station.locker.store.record(visit.removeprefix("/visits/")).overrides


def test_the_room_for_what_waits_has_an_end(station: Station, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEPT_BYTES", 400_000)
    station.kept.clock = clock
    browsers = [Browser(station) for _ in range(4)]
    for number, browser in enumerate(browsers):
        browser.post("/drafts/x/consent", {"patient": f"K-{number}"})
    assert [browser.page.status_code for browser in browsers] == [200, 200, 200, 503]
    assert "go back, and send it again" in browsers[3].page.text
    clock.now_s += limits.KEPT_LIFE_S + 1
    assert Browser(station).post("/drafts/x/consent", {"patient": "K"}).status_code == 200
    fields = {"patient": "K"}
    stranger = Browser(station).client.post("/drafts/y/consent", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert "What you sent is kept" not in stranger.text


def test_a_page_that_is_touched_stays_unlocked(browser: Browser, station: Station, clock: Clock) -> None:
    for _ in range(4):
        clock.now_s += limits.IDLE_S - 60
        assert browser.client.get("/alive").status_code == 204
        station.forget_the_idle()
    assert browser.get("/visits").url.path == "/visits"
    clock.now_s += limits.IDLE_S + 1
    assert browser.client.get("/alive", follow_redirects=False).headers["location"] == "/unlock"


def test_a_body_that_stops_coming_does_not_hold_the_records_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STALL_S", 0.05)

    async def receive() -> Message:
        await anyio.sleep(30)
        raise AssertionError("it waits")

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]

    async def read() -> int:
        try:
            await read_form(Request({"type": "http", "method": "POST", "headers": headers}, receive))
        except Exception as error:  # noqa: BLE001
            return getattr(error, "status_code", 0)
        return 0

    assert anyio.run(read) == 408


def test_what_waits_for_a_visit_that_another_browser_finished_is_named_once(
    browser: Browser, station: Station, photo_bytes: bytes
) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=photo_bytes)
    other = Browser(station).unlock()
    browser.post("/lock")
    browser.post(f"{draft}/questions", {"answer_itch": "no"})
    other.post(f"{draft}/questions", {"answer_itch": "yes"})
    browser.post("/unlock", {"passphrase": PASSPHRASE})
    assert browser.path == other.path and "What was sent just now is not in it." in browser.page.text
    assert "?kept" not in browser.get("/visits").text
