"""Visits under way outlive the end of the program, and end when the patient, the visit or time says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.drivers.client import PASSPHRASE, Browser
from skinedge.errors import DiskFullError
from skinedge.records.drafts import DraftRows
from skinedge.records.store import RecordStore
from skinedge.screening.screener import Screener
from skinedge.web import limits
from skinedge.web.drafts import Draft, Drafts
from skinedge.web.keystore import Locker
from skinedge.web.station import Station


class Killed:
    """Copies of a station's records, as a process that is killed at this moment leaves them."""

    def __init__(self, records: Path, folder: Path, screener: Screener) -> None:
        self._records, self._folder, self._screener, self._count = records, folder, screener, 0
        self._started: list[Station] = []

    def now(self) -> Path:
        self._count += 1
        copy = self._folder / f"killed-{self._count}"
        shutil.copytree(self._records, copy)
        return copy

    def restart(self) -> tuple[Station, Browser]:
        station = Station(screener=self._screener, locker=Locker(self.now()))
        self._started.append(station)
        return station, Browser(station).unlock()

    def end(self) -> None:
        for station in self._started:
            station.locker.lock()


@pytest.fixture
def killed(station: Station, tmp_path: Path) -> Iterator[Killed]:
    killed = Killed(tmp_path / "records", tmp_path, station.screener)
    yield killed
    killed.end()


def test_every_step_is_there_after_a_kill_and_the_visit_goes_on(
    browser: Browser, killed: Killed, photo_bytes: bytes
) -> None:
    browser.post("/drafts")
    draft = browser.path.removesuffix("/consent")
    assert f"{draft}/consent" in killed.restart()[1].page.text
    browser.post(f"{draft}/consent", {"consent": "photo", "patient": "K-77"})
    page = killed.restart()[1].page.text
    assert "K-77" in page and f"{draft}/photo" in page
    browser.post(f"{draft}/photo", photo=photo_bytes)
    again = killed.restart()[1]
    assert f"{draft}/questions" in again.page.text
    assert again.get(f"{draft}/photo.jpg").content == browser.get(f"{draft}/photo.jpg").content
    browser.get(f"{draft}/questions")
    fields = {"token": browser.token, "answer_age_years": "41", "answer_itch": "yes"}
    assert browser.client.post(f"{draft}/answers", data=fields).status_code == 204
    station, again = killed.restart()
    page = again.get(f"{draft}/questions").text
    assert 'value="41"' in page and 'value="yes" checked' in page
    again.post(f"{draft}/questions", {"answer_age_years": "41", "answer_itch": "yes"})
    record = station.locker.store.record(again.path.removeprefix("/visits/"))
    assert record.visit.patient == "K-77" and record.visit.answers["age_years"] == "41"
    assert station.locker.store.photo(record.visit.visit_id) == photo_bytes
    assert not station.drafts.unfinished() and station.locker.store.verify() == []


def test_a_form_that_is_sent_again_after_a_kill_leads_to_the_visit(
    browser: Browser, killed: Killed, photo_bytes: bytes
) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=photo_bytes)
    browser.post(f"{draft}/questions")
    station, again = killed.restart()
    again.post(f"{draft}/questions")
    assert again.path == browser.path and station.locker.store.records().total == 1


def test_nothing_can_be_read_without_the_passphrase(
    browser: Browser, station: Station, killed: Killed, photo_bytes: bytes
) -> None:
    draft = browser.start(patient="K-SECRET")
    browser.post(f"{draft}/photo", photo=photo_bytes)
    preview = browser.get(f"{draft}/photo.jpg").content
    for locked in (False, True):
        if locked:
            browser.get("/visits")
            browser.post("/lock")
            assert not station.locker.is_open
        data = b"".join(path.read_bytes() for path in killed.now().iterdir())
        assert not any(part in data for part in (b"K-SECRET", photo_bytes[100:160], preview[100:160]))


def test_of_a_patient_who_wants_nothing_kept_nothing_is_left_once_the_advice_was_shown(
    browser: Browser, station: Station, killed: Killed, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = browser.start(agreement="nothing", patient="K-5")
    browser.post(f"{draft}/photo", photo=photo_bytes)
    with monkeypatch.context() as dying:
        dying.setattr(Drafts, "wipe", lambda *_: None)  # The page is on its way.
        browser.post(f"{draft}/questions", {"answer_itch": "yes"})
    assert f"{draft}/questions" in killed.restart()[1].page.text
    assert browser.get(f"{draft}/result").status_code == 200
    assert station.drafts.rows.all("state") == {} and station.locker.store.records().total == 0
    again, other = killed.restart()
    assert "K-5" not in other.page.text and not again.drafts.unfinished()
    # The page that it was shown on may be loaded again, until "Done" or the lock.
    assert "Nothing of this visit is kept" in browser.get(f"{draft}/result").text
    assert browser.get(f"{draft}/photo.jpg").content.startswith(b"\xff\xd8")
    browser.get("/visits")
    browser.post("/lock")
    browser.unlock()
    assert browser.get(f"{draft}/result").status_code == 410


def test_what_nobody_goes_on_with_expires_with_a_note(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    now = datetime.now(UTC) + timedelta(days=1)
    station.drafts.now = lambda: now
    kept, unkept = browser.start(patient="K-1"), browser.start(agreement="nothing", patient="K-2")
    browser.post(f"{kept}/photo", photo=photo_bytes)
    browser.post("/drafts")
    now += limits.DRAFT_LIFE - timedelta(minutes=1)
    station.forget_the_idle()
    assert len(station.drafts.unfinished()) == 3
    browser.get(f"{unkept}/photo")
    now += timedelta(minutes=2)
    station.forget_the_idle()
    assert {(draft.patient, draft.expired) for draft in station.drafts.unfinished()} == {("", True), ("K-1", True)}
    assert station.drafts.rows.read(kept.removeprefix("/drafts/"), "photo") is None
    page = browser.get("/visits").text
    assert "Nobody went on with the visit of K-1" in page and "K-2" not in page
    assert browser.get(f"{kept}/photo").status_code == 410
    browser.get("/visits")
    for draft in (kept, unkept):
        browser.post(f"{draft}/discard")
    assert "Nobody went on" not in browser.page.text and station.locker.store.verify() == []


def test_a_draft_that_is_touched_stays(browser: Browser, station: Station) -> None:
    now = datetime.now(UTC) + timedelta(days=1)
    station.drafts.now = lambda: now
    draft = browser.start().removeprefix("/drafts/")
    for _ in range(3):
        now += limits.DRAFT_LIFE - timedelta(minutes=1)
        station.drafts.change(draft, answers={"itch": "yes"})
        station.forget_the_idle()
    assert [one.id for one in station.drafts.unfinished() if one.is_open] == [draft]


def test_a_clock_that_woke_in_the_past_makes_no_visit_old(browser: Browser, station: Station) -> None:
    today = datetime.now(UTC)
    station.drafts.now = lambda: datetime(2015, 1, 1, tzinfo=UTC)
    draft = browser.start(patient="K-1").removeprefix("/drafts/")
    station.drafts.now = lambda: today + timedelta(hours=8)
    station.forget_the_idle()
    assert [one.id for one in station.drafts.unfinished() if one.is_open] == [draft]


def test_drafts_that_were_given_up_block_no_visit(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    started = [browser.start(patient=f"K-{number}") for number in range(30)]
    for _ in range(limits.EMPTY_DRAFTS + 3):
        browser.get("/visits")
        browser.post("/drafts")
        assert browser.path.endswith("/consent")
    unfinished = station.drafts.unfinished()
    assert {draft.patient for draft in unfinished if draft.agreement} == {f"K-{number}" for number in range(30)}
    assert sum(draft.agreement is None for draft in unfinished) == limits.EMPTY_DRAFTS
    assert browser.visit(photo_bytes).startswith("/visits/")
    browser.post(f"{started[3]}/discard")
    assert "K-3<" not in browser.page.text and "K-4<" in browser.page.text


def test_a_step_that_is_not_on_the_disk_is_not_acknowledged(
    browser: Browser, station: Station, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = browser.start(patient="K-1")

    def full(*_: object, **__: object) -> None:
        raise DiskFullError("nothing was saved: the disk is full; free some space and try again")

    with monkeypatch.context() as patched:
        patched.setattr(DraftRows, "keep", full)
        assert browser.post(f"{draft}/photo", photo=photo_bytes).status_code == 409
        assert "the disk is full" in browser.page.text
    kept = station.drafts.find(draft.removeprefix("/drafts/"))
    assert kept and not kept.has_photo and kept.patient == "K-1"


def test_a_damaged_draft_is_named_and_hides_no_other(browser: Browser, station: Station) -> None:
    browser.start(patient="K-1")
    damaged = browser.start(patient="K-2").removeprefix("/drafts/")
    with station.locker.store._database.write() as connection:
        connection.execute("UPDATE draft_part SET sealed = zeroblob(50) WHERE draft_id = ?", [damaged])
    page = browser.get("/visits").text
    assert "damaged" in page and "K-1" in page
    assert browser.get(f"/drafts/{damaged}/photo").status_code == 409
    browser.get("/visits")
    browser.post(f"/drafts/{damaged}/discard")
    assert "damaged" not in browser.page.text


def test_changes_at_the_same_time_lose_neither(browser: Browser, station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = browser.start().removeprefix("/drafts/")
    keep, drafts = DraftRows.keep, station.drafts
    seen: list[Draft] = []

    def and_another(rows: DraftRows, draft_id: str, *parts: object, **known: object) -> None:
        """The second change arrives while the first is written."""
        import threading

        monkeypatch.setattr(DraftRows, "keep", keep)
        second = threading.Thread(target=lambda: seen.append(drafts.change(draft, patient="K-9")))
        second.start()
        second.join(0.2)
        keep(rows, draft_id, *parts, **known)  # type: ignore[arg-type]
        others.append(second)

    others: list[object] = []
    monkeypatch.setattr(DraftRows, "keep", and_another)
    drafts.change(draft, answers={"itch": "yes"})
    others[0].join()  # type: ignore[attr-defined]
    kept = drafts.find(draft)
    assert kept and (kept.patient, kept.answers) == ("K-9", {"itch": "yes"})


def test_the_records_have_no_unfinished_visits(browser: Browser, station: Station, tmp_path: Path) -> None:
    browser.start(patient="K-1")
    station.locker.store.backup(tmp_path / "backup")
    with RecordStore.restore(tmp_path / "backup", tmp_path / "back", PASSPHRASE) as back:
        assert back.drafts.all("state") == {}


@pytest.mark.parametrize(("agreement", "patient"), [("nothing", "K-12"), ("no_photo", "K-12"), ("photo", "K-99")])
def test_what_is_sent_while_the_photo_is_screened_counts(
    browser: Browser,
    station: Station,
    photo_bytes: bytes,
    monkeypatch: pytest.MonkeyPatch,
    agreement: str,
    patient: str,
) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=photo_bytes)
    screen, token = station.screener.screen, browser.token

    def and_back(*given: object, **named: object) -> object:
        """On a slow machine, somebody goes back to the first page and says something else."""
        monkeypatch.undo()
        fields = {"token": token, "consent": agreement, "patient": patient}
        assert browser.client.post(f"{draft}/consent", data=fields, follow_redirects=False).status_code == 303
        return screen(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(station.screener, "screen", and_back)
    browser.post(f"{draft}/questions")
    records = station.locker.store.records().records
    if agreement == "nothing":
        assert browser.path == f"{draft}/result" and not records
    else:
        assert [(record.visit.patient, record.has_photo) for record in records] == [(patient, agreement == "photo")]


@pytest.mark.parametrize("agreement", ["photo", "nothing"])
def test_what_comes_too_late_for_a_visit_is_not_dropped_without_a_word(
    browser: Browser, photo_bytes: bytes, agreement: str
) -> None:
    late = "What was sent just now is not in it."
    draft = browser.start(agreement=agreement)
    browser.post(f"{draft}/photo", photo=photo_bytes)
    browser.post(f"{draft}/questions", {"answer_itch": "yes"})
    result = browser.path
    assert late not in browser.page.text
    browser.post(f"{draft}/questions", {"answer_itch": "yes"})
    assert browser.path == result and late not in browser.page.text, "sent twice, it is the same form"
    browser.post(f"{draft}/questions", {"answer_itch": "no"})
    assert browser.path == result and late in browser.page.text
    browser.post(f"{draft}/photo", photo=photo_bytes + b"another")
    assert browser.path == result and late in browser.page.text
    browser.post(f"{draft}/consent", {"consent": "photo", "patient": "K-13"})
    assert browser.path == result and late in browser.page.text
