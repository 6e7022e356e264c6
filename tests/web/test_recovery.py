"""The recovery key on the pages: shown once at set-up or on demand, and used where the passphrase is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.drivers.client import PASSPHRASE, Browser, Clock
from skinedge.records.recovery_key import RecoveryKey
from skinedge.web.station import Station
from tests.web.conftest import NewStation

NEW = "another four quiet words"


def shown_key(browser: Browser) -> str:
    found = re.findall(r'<li><span class="code">([0-9A-Z]{5})</span></li>', browser.page.text)
    assert len(found) == 7, browser.page.text
    return "-".join(found)


def make_key(browser: Browser) -> str:
    ask_for_key(browser, PASSPHRASE)
    return shown_key(browser)


def ask_for_key(browser: Browser, passphrase: str) -> int:
    found = re.search(r'name="replaces" value="([^"]*)"', browser.get("/recovery-key").text)
    fields = {"replaces": found[1] if found else "", "passphrase": passphrase}
    return browser.post("/recovery-key", fields).status_code


def recover(browser: Browser, key: str, passphrase: str = NEW, repeated: str | None = None) -> int:
    browser.get("/forgotten")
    fields = {"key": key, "passphrase": passphrase, "repeated": passphrase if repeated is None else repeated}
    return browser.post("/forgotten", fields).status_code


def test_setting_up_shows_the_key_once(new_station: NewStation, tmp_path: Path) -> None:
    station = new_station()
    for file in (tmp_path / "records").iterdir():
        file.unlink()
    browser = Browser(station)
    browser.post("/unlock", {"passphrase": PASSPHRASE, "repeated": PASSPHRASE})
    key = shown_key(browser)
    assert "data-print" in browser.page.text and "far from this machine" in browser.page.text
    assert browser.page.headers["cache-control"] == "no-store" and "?" not in str(browser.page.url)
    # The page that shows it is one of a browser that was let in: it locks itself, and its forms count.
    assert "data-idle-s" in browser.page.text and browser.post("/language", {"language": "en"}).status_code == 200
    assert [event.entry.kind for event in station.locker.store.log()] == ["created", "recovery"]
    assert not any(
        group in browser.get(path).text for path in ("/visits", "/recovery-key", "/backup") for group in key.split("-")
    )
    browser.post("/lock")
    assert recover(Browser(station), key) == 200


def test_a_key_that_nobody_has_on_paper_is_reminded_of(browser: Browser, station: Station) -> None:
    said = "Nobody has said yet that the recovery key is on paper"
    assert said not in browser.get("/visits").text
    # Its page may never arrive: a kill, a power cut, a form that is loaded anew.
    first = made_at(browser, make_key(browser))
    assert said in browser.get("/visits").text
    newest = made_at(browser, make_key(browser))
    browser.post("/recovery-key/paper", {"made_at": first})
    assert said in browser.page.text
    browser.post("/recovery-key/paper", {"made_at": newest})
    assert browser.path == "/visits" and said not in browser.page.text
    browser.post("/recovery-key/paper", {"made_at": newest})
    assert [event.entry.kind for event in station.locker.store.log()].count("recovery") == 3
    assert station.locker.store.verify() == []
    make_key(browser)
    assert said in browser.get("/visits").text


def made_at(browser: Browser, _: str) -> str:
    found = re.search(r'name="made_at" value="([^"]+)"', browser.page.text)
    assert found, browser.page.text
    return found[1]


def test_a_forgotten_passphrase_is_replaced(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes)
    key = make_key(browser)
    browser.post("/lock")
    assert "/forgotten" in browser.page.text
    assert recover(browser, key.lower().replace("-", " ").replace("0", "o")) == 200 and browser.path == "/visits"
    assert browser.get(path).status_code == 200
    assert station.locker.store.log()[-1].note["by"] == "recovery key" and station.locker.store.verify() == []
    browser.post("/lock")
    assert browser.post("/unlock", {"passphrase": PASSPHRASE}).status_code == 403
    assert browser.post("/unlock", {"passphrase": NEW}).url.path == "/visits"


def test_what_is_wrong_is_said_and_changes_nothing(browser: Browser, station: Station) -> None:
    key = make_key(browser)
    head = station.locker.store.head()
    browser.post("/lock")
    wrong = key[:6] + ("A" if key[6] != "A" else "B") + key[7:]
    for typed, passphrase, repeated, said in (
        (wrong, NEW, NEW, "group 2 of"),
        (key[:-1], NEW, NEW, "34 were typed"),
        (key, "ab cd", "ab cd", "too short"),
        (key, NEW, NEW + "!", "differ"),
        (RecoveryKey.new().spoken(), NEW, NEW, "not the recovery key of these records"),
    ):
        assert recover(browser, typed, passphrase, repeated) == 403
        # What was typed stays, but for the passphrase.
        assert said in browser.page.text and typed in browser.page.text and passphrase not in browser.page.text
    browser.get("/unlock")
    browser.unlock()
    assert station.locker.store.head() == head


def test_guessing_keys_becomes_slow_like_guessing_passphrases(browser: Browser, station: Station, clock: Clock) -> None:
    key = make_key(browser)
    browser.post("/lock")
    for _ in range(3):
        assert browser.post("/unlock", {"passphrase": "wrong words here"}).status_code == 403
    for _ in range(2):
        assert recover(browser, RecoveryKey.new().spoken()) == 403
    assert recover(browser, key) == 429 and browser.page.headers["retry-after"] == "30"
    browser.get("/unlock")
    assert browser.post("/unlock", {"passphrase": PASSPHRASE}).status_code == 429
    clock.now_s += 31
    assert recover(browser, key) == 200 and browser.path == "/visits"


def test_a_station_of_before_is_offered_a_key(browser: Browser, station: Station) -> None:
    assert "There is no recovery key yet" in browser.get("/visits").text
    browser.post("/lock")
    assert recover(browser, RecoveryKey.new().spoken()) == 403 and "no recovery key was made" in browser.page.text
    browser.get("/unlock")
    browser.unlock()
    make_key(browser)
    assert "There is no recovery key yet" not in browser.get("/visits").text


def test_a_new_key_takes_the_passphrase_and_replaces_the_old_one(browser: Browser, station: Station) -> None:
    old = make_key(browser)
    assert "There is one of" in browser.get("/recovery-key").text
    assert ask_for_key(browser, "wrong words here") == 403 and "not right" in browser.page.text
    head = station.locker.store.head()
    new = make_key(browser)
    assert "Destroy its paper" in browser.page.text and station.locker.store.head() != head
    browser.post("/lock")
    assert recover(browser, old) == 403 and "newest paper" in browser.page.text
    assert recover(browser, new) == 200


def test_the_page_with_the_key_loaded_anew_makes_no_other(browser: Browser, station: Station) -> None:
    browser.get("/recovery-key")
    found = re.search(r'name="replaces" value="([^"]*)"', browser.page.text)
    fields = {"token": browser.token, "replaces": found[1] if found else "", "passphrase": PASSPHRASE}
    browser.page = browser.client.post("/recovery-key", data=fields)
    key, head = shown_key(browser), station.locker.store.head()
    again = browser.client.post("/recovery-key", data=fields)
    assert again.status_code == 403 and "made a key already" in again.text and station.locker.store.head() == head
    # Nor does a button beside it lead away from the key, unasked.
    assert "/language" not in browser.page.text
    browser.get("/visits")
    browser.post("/lock")
    assert recover(browser, key) == 200


def test_with_a_pin_the_pin_comes_first(new_station: NewStation) -> None:
    phone = Browser(new_station(host="0.0.0.0", pin="493817"))
    assert phone.get("/forgotten").url.path == "/pin"
    phone.post("/pin", {"pin": "493817"})
    assert phone.get("/forgotten").url.path == "/forgotten"
    for path in ("/forgotten", "/recovery-key"):
        assert "better to do this on the machine itself" in phone.get(path).text
        phone.get("/unlock")
        phone.unlock() if phone.path == "/unlock" else None


def test_the_key_is_in_no_log_and_no_address(browser: Browser, station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    key = make_key(browser)
    addresses = str(browser.page.url)
    browser.post("/lock")
    recover(browser, key)
    addresses += str(browser.page.url)
    said = "".join(capsys.readouterr()) + addresses + repr(station.locker.store.log())
    assert not any(group in said for group in key.split("-"))
