"""Deletion from the pages, which consent promises: asked twice, with the passphrase, and as the command does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.drivers.client import PASSPHRASE, Browser, Clock
from skinedge.errors import StoreError
from skinedge.web.station import Station

WHY = {"reason": "asked for it", "by": "Ana"}


@pytest.fixture
def visits(browser: Browser, photo_bytes: bytes) -> list[str]:
    """Two visits of one patient, and one of another."""
    return [browser.visit(photo_bytes, patient=patient) for patient in ("K-1", "k-1", "Z-9")]


def ids(station: Station) -> list[str]:
    return [record.visit.visit_id for record in station.locker.store.records().records]


def test_a_patient_is_deleted_as_the_command_does_it(
    browser: Browser, station: Station, visits: list[str], tmp_path: Path
) -> None:
    station.locker.store.backup(tmp_path / "old.skinedge")
    draft = browser.start(patient="K-1")
    page = browser.get(f"{visits[0]}/delete").text
    assert "2 visits of K-1" in page and "not finished go as well" in page and page.count("with its photo") == 2
    page = browser.post(f"{visits[0]}/delete", WHY).text
    assert "2 visits of K-1 will be deleted for good" in page and len(ids(station)) == 3
    page = browser.post(f"{visits[0]}/delete/now", WHY | {"passphrase": PASSPHRASE}).text
    assert "2 visits were deleted" in page and "old.skinedge" in page and "must delete the patient again" in page
    assert ids(station) == [visits[2].removeprefix("/visits/")] and station.locker.store.verify() == []
    events = [event for event in station.locker.store.log() if event.entry.kind == "deletion"]
    assert [dict(event.note) for event in events] == [WHY, WHY] and "K-1" not in repr(events)
    assert browser.get(visits[0]).status_code == 404 and draft not in browser.get("/visits").text
    # Sent once more, the form deletes nothing and upsets nobody.
    assert browser.post(f"{visits[0]}/delete/now", WHY | {"passphrase": PASSPHRASE}).status_code == 404


def test_nothing_goes_without_a_reason_a_name_and_the_passphrase(
    browser: Browser, station: Station, visits: list[str], clock: Clock
) -> None:
    browser.get(f"{visits[0]}/delete")
    for fields in ({"reason": "", "by": "Ana"}, {"reason": "asked", "by": " "}, {}):
        for path in ("delete", "delete/now"):
            assert browser.post(f"{visits[0]}/{path}", fields | {"passphrase": PASSPHRASE}).status_code == 400
            assert "Fill in every field" in browser.page.text
    for _ in range(5):
        answer = browser.post(f"{visits[0]}/delete/now", WHY | {"passphrase": "wrong words here"})
        assert answer.status_code == 403 and 'value="asked for it"' in answer.text
    assert browser.post(f"{visits[0]}/delete/now", WHY | {"passphrase": PASSPHRASE}).status_code == 429
    assert len(ids(station)) == 3
    clock.now_s += 31
    browser.get(f"{visits[0]}/delete")
    assert browser.post(f"{visits[0]}/delete/now", WHY | {"passphrase": PASSPHRASE}).status_code == 200
    assert len(ids(station)) == 1


def test_it_is_found_from_the_visit_and_from_the_patient(browser: Browser, visits: list[str]) -> None:
    for path in (visits[0], f"{visits[0]}/history"):
        assert f'href="{visits[0]}/delete"' in browser.get(path).text
    assert browser.get("/visits/0000000000/delete").status_code == 404


def test_where_it_fails_nothing_is_lost(
    browser: Browser, station: Station, visits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("nothing was saved: the disk is full; free some space and try again")

    browser.get(f"{visits[0]}/delete")
    with monkeypatch.context() as failing:
        failing.setattr("skinedge.records.store.delete_patient", full)
        answer = browser.post(f"{visits[0]}/delete/now", WHY | {"passphrase": PASSPHRASE})
    assert answer.status_code == 409 and "disk is full" in answer.text and len(ids(station)) == 3
