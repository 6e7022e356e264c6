"""What keeps strangers, other sites and broken browsers out of the station."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from starlette.routing import Route

from benchmarks.drivers.client import PASSPHRASE, Browser, Clock
from skinedge.errors import ConfigError, DiskFullError
from skinedge.records.store import RecordStore
from skinedge.web import limits
from skinedge.web.app import ROUTES
from skinedge.web.security_headers import SECURITY_HEADERS, is_ours
from skinedge.web.serving import Address, check_pin
from skinedge.web.sessions import Attempts
from skinedge.web.station import Station
from tests.web.conftest import NewStation

POSTS = sorted({route.path for route in ROUTES if isinstance(route, Route) and "POST" in (route.methods or ())})
GETS = sorted({route.path for route in ROUTES if isinstance(route, Route) and "GET" in (route.methods or ())})


def _fill(path: str) -> str:
    return path.replace("{visit}", "0000000000").replace("{draft}", "none")


@pytest.mark.parametrize("path", POSTS)
def test_no_form_counts_without_its_token(browser: Browser, station: Station, photo_bytes: bytes, path: str) -> None:
    draft = station.drafts.start()
    kept = browser.visit(photo_bytes).removeprefix("/visits/")
    path = path.replace("{visit}", kept).replace("{draft}", draft.id)
    before = len(browser.client.cookies.jar), station.locker.store.head(), len(station.drafts.unfinished())
    for fields in ({"x": "1"}, {"token": ""}, {"token": "0" * 64}, {"token": "é"}):
        response = browser.client.post(path, data=fields, follow_redirects=False)
        assert response.status_code == 403 and "too old" in response.text
    assert (len(browser.client.cookies.jar), station.locker.store.head(), len(station.drafts.unfinished())) == before
    # Another browser's token is worth nothing either.
    assert browser.client.post(path, data={"token": Browser(station).token}, follow_redirects=False).status_code == 403


@pytest.mark.parametrize("path", GETS)
def test_nothing_changes_by_get(browser: Browser, station: Station, path: str) -> None:
    browser.visit(new_photo(), {})
    head = station.locker.store.head()
    browser.client.get(_fill(path))
    assert station.locker.store.head() == head and not station.drafts.unfinished()


@pytest.mark.parametrize("path", sorted(set(GETS + POSTS) - {"/", "/unlock", "/forgotten", "/restore", "/language", "/pin"}))
def test_locked_pages_lead_to_the_lock(station: Station, path: str) -> None:
    locked = Browser(station)
    for method in ("GET", "POST"):
        response = locked.client.request(method, _fill(path), follow_redirects=False)
        assert (response.status_code, response.headers["location"]) == (303, "/unlock")


def test_every_answer_has_the_headers(browser: Browser) -> None:
    for path in ("/visits", "/nothing", "/static/station.css", "/static/none", "/unlock"):
        headers = browser.get(path).headers
        assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert headers["cache-control"] == ("max-age=3600" if path.startswith("/static") else "no-store")
    assert "unsafe" not in SECURITY_HEADERS["Content-Security-Policy"]


def test_pages_keep_to_their_own_policy(browser: Browser, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes)
    for page in (path, "/visits", f"{path}/override"):
        html = browser.get(page).text
        assert not re.search(r"""\sstyle=|\son\w+=|<style|javascript:|<script(?! src="/static/)""", html)
        assert not re.search(r"""(src|href|action)="(?![/#])""", html)


def test_the_cookie_is_for_this_site_and_no_script(station: Station) -> None:
    fresh = Browser(station)
    fresh.client.cookies.clear()
    cookie = fresh.client.get("/unlock").headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Secure" not in cookie
    station.encrypted = True
    fresh.client.cookies.clear()
    assert "; Secure" in fresh.client.get("/unlock").headers["set-cookie"]


def test_a_cookie_from_before_the_passphrase_opens_nothing(station: Station) -> None:
    thief = Browser(station)
    victim = Browser(station)
    victim.client.cookies = thief.client.cookies
    victim.get("/unlock")
    planted = dict(thief.client.cookies)
    victim.unlock()
    assert (
        thief.client.get("/visits", headers={"Cookie": f"skinedge_session={planted['skinedge_session']}"}).url.path
        == "/unlock"
    )


@pytest.mark.parametrize(
    ("header", "host", "ours"),
    [
        ("127.0.0.1:8765", "127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("[::1]:8765", "127.0.0.1", True),
        ("192.168.43.1:8765", "192.168.43.1", True),
        ("192.168.43.1:8765", "0.0.0.0", True),
        ("[fd00::1]:8765", "::", True),
        ("192.168.43.1", "127.0.0.1", False),
        ("evil.example", "127.0.0.1", False),
        ("evil.example", "0.0.0.0", False),
        ("127.0.0.1.evil.example", "0.0.0.0", False),
        ("", "127.0.0.1", False),
        ("[", "0.0.0.0", False),
    ],
)
def test_only_our_own_names_are_answered(header: str, host: str, ours: bool) -> None:
    assert is_ours(header, host) is ours


def test_another_name_gets_nothing(browser: Browser) -> None:
    response = browser.client.get("/visits", headers={"Host": "evil.example"})
    assert response.status_code == 421 and "SkinEdge" not in response.text


def test_an_idle_session_is_locked_and_the_key_forgotten(browser: Browser, station: Station, clock: Clock) -> None:
    clock.now_s += limits.IDLE_S - 1
    assert browser.get("/visits").url.path == "/visits"
    clock.now_s += limits.IDLE_S + 1
    station.forget_the_idle()
    assert not station.locker.is_open
    assert browser.get("/visits").url.path == "/unlock"
    browser.unlock()


def test_one_browser_that_locks_does_not_lock_another(browser: Browser, station: Station) -> None:
    other = Browser(station).unlock()
    other.post("/lock")
    assert browser.get("/visits").url.path == "/visits" and station.locker.is_open
    browser.post("/lock")
    assert not station.locker.is_open


def test_the_first_passphrase_is_typed_twice_and_long_enough(new_station: NewStation, tmp_path: Path) -> None:
    station = new_station()
    for file in (tmp_path / "records").iterdir():
        file.unlink()
    fresh = Browser(station)
    assert "Set up" in fresh.page.text
    assert "too short" in fresh.post("/unlock", {"passphrase": "short", "repeated": "short"}).text
    assert "differ" in fresh.post("/unlock", {"passphrase": PASSPHRASE, "repeated": PASSPHRASE + "!"}).text
    fresh.post("/unlock", {"passphrase": PASSPHRASE, "repeated": PASSPHRASE})
    assert "Recovery key" in fresh.page.text and fresh.get("/visits").url.path == "/visits" and station.locker.exists


def test_guessing_passphrases_becomes_slow(station: Station, clock: Clock) -> None:
    browser = Browser(station)
    for _ in range(5):
        assert browser.post("/unlock", {"passphrase": "wrong words here"}).status_code == 403
        browser.get("/unlock")
    assert browser.post("/unlock", {"passphrase": PASSPHRASE}).status_code == 429
    clock.now_s += 31
    browser.get("/unlock")
    assert browser.post("/unlock", {"passphrase": PASSPHRASE}).url.path == "/visits"


def test_with_a_pin_nothing_else_comes_first(new_station: NewStation, clock: Clock) -> None:
    station = new_station(host="0.0.0.0", pin="493817")
    phone = Browser(station)
    assert phone.path == "/pin" and "without encryption" in phone.page.text
    assert phone.client.post("/unlock", data={"token": phone.token, "passphrase": PASSPHRASE}).url.path == "/pin"
    for wrong in ("493818", "", "é", "4938170", "0" * 60):
        assert phone.post("/pin", {"pin": wrong}).status_code == 403
    assert phone.post("/pin", {"pin": "493817"}).status_code == 429
    clock.now_s += 31
    phone.get("/pin")
    assert phone.post("/pin", {"pin": "493817"}).url.path == "/unlock"
    phone.unlock()
    phone.post("/lock")
    assert phone.path == "/pin"


def test_attempts_wait_longer_each_time_up_to_a_limit() -> None:
    clock = Clock()
    attempts = Attempts(clock=clock)
    waits = []
    for _ in range(12):
        attempts.count_wrong()
        waits.append(attempts.wait_s())
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]
    attempts.forget()
    assert attempts.wait_s() == 0


def test_pins_that_are_easy_to_guess_are_refused() -> None:
    assert check_pin("493817") == "493817"
    for easy in ("", "12345", "111111", "121212"):
        with pytest.raises(ConfigError, match="too easy"):
            check_pin(easy)


def test_only_loopback_addresses_need_no_pin() -> None:
    assert all(Address(host).is_local for host in ("127.0.0.1", "localhost", "::1", "127.9.9.9"))
    assert not any(Address(host).is_local for host in ("0.0.0.0", "::", "192.168.43.1", "posto.local"))
    assert Address("::1", 80, Path("c")).url == "https://[::1]:80/"


def test_bodies_fields_and_parts_have_limits(browser: Browser, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = browser.start()
    monkeypatch.setattr(limits, "PHOTO_BYTES", 1000)
    monkeypatch.setattr(limits, "DISCARDED_BYTES", 50_000)
    for size in (2000, 100_000):
        response = browser.post(f"{draft}/photo", photo=b"x" * size)
        assert response.status_code == 413 and "too large" in response.text
        browser.get(f"{draft}/photo")
    token = browser.token
    many = {"token": token} | {f"f{n}": "x" for n in range(limits.FIELDS + 1)}
    assert browser.client.post("/language", data=many).status_code == 400
    assert browser.client.post("/language", data={"token": token, "back": "x" * 30_000}).status_code == 400
    assert browser.client.post("/language", data={"token": token, "back": "x" * 70_000}).status_code == 413
    assert browser.client.post("/language", content=b"{}", headers={"Content-Type": "application/json"}).status_code == 415
    assert browser.client.post("/language", content=b"x", headers={"Content-Type": "multipart/form-data"}).status_code == 400


def test_no_upload_touches_the_disk(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = browser.start()

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", fail)
    noise = b"\xff\xd8" + bytes(range(256)) * 20_000
    assert browser.post(f"{draft}/photo", photo=noise).status_code == 400


def test_the_language_leads_back_to_this_station_only(browser: Browser) -> None:
    for back, leads_to in (("/visits", "/visits"), ("//evil.example", "/visits"), ("https://evil.example", "/visits")):
        response = browser.client.post(
            "/language", data={"token": browser.token, "language": "pt_BR", "back": back}, follow_redirects=False
        )
        assert response.headers["location"] == leads_to
    assert 'lang="pt-BR"' in browser.get("/visits").text
    browser.client.post("/language", data={"token": browser.token, "language": "xx", "back": "/"})
    assert 'lang="pt-BR"' in browser.get("/visits").text


@pytest.mark.parametrize(
    ("asked", "tag"),
    [("pt", "pt-BR"), ("pt-PT,pt;q=0.9", "pt-BR"), ("fr-CA,fr;q=0.8", "fr"), ("de", "en"), ("*;q=x", "en"), ("sw", "sw")],
)
def test_the_browsers_language_is_taken(station: Station, asked: str, tag: str) -> None:
    assert f'<html lang="{tag}"' in Browser(station, language=asked).page.text


def test_a_bug_shows_a_calm_page_and_logs_no_patient(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(" ".join(["secret", "of", "K-12"]))

    monkeypatch.setattr("skinedge.web.archive.page", broken)
    response = browser.get("/visits")
    assert response.status_code == 500 and "Something went wrong" in response.text and "secret" not in response.text
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    log = capsys.readouterr().err
    assert "a bug, RuntimeError" in log and "archive.py" in log and "secret of K-12" not in log


def test_an_error_made_for_users_is_reported(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise DiskFullError("nothing was saved: the disk is full; free some space and try again")

    monkeypatch.setattr(RecordStore, "records", full)
    assert "the disk is full" in browser.get("/visits").text and browser.page.status_code == 409


def new_photo() -> bytes:
    import io

    from PIL import Image

    from tests import fakes

    file = io.BytesIO()
    Image.fromarray(fakes.lesion_pixels()).save(file, "JPEG")
    return file.getvalue()
