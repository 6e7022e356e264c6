"""A backup from the pages: whole or not at all, and a reminder where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.drivers.client import PASSPHRASE, Browser
from skinedge.errors import StoreError
from skinedge.records import backup
from skinedge.records.store import RecordStore
from skinedge.web import backup_pages
from skinedge.web.station import Station


@pytest.fixture
def stick(station: Station, tmp_path: Path) -> Iterator[Path]:
    station.backups = tmp_path / "stick"
    station.backups.mkdir()
    yield station.backups


def restored(file: Path, folder: Path) -> int:
    """How many visits a backup gives back."""
    with RecordStore.restore(file, folder, PASSPHRASE) as store:
        assert store.verify() == []
        return store.records().total


def test_a_download_is_a_backup(browser: Browser, station: Station, photo_bytes: bytes, tmp_path: Path) -> None:
    browser.visit(photo_bytes)
    assert "1 visit is in no backup yet" in browser.get("/backup").text
    answer = browser.client.post("/backup/file", data={"token": browser.token})
    name = answer.headers["content-disposition"].removeprefix('attachment; filename="').rstrip('"')
    assert (
        answer.status_code == 200
        and name.endswith(".skinedge")
        and len(answer.content) == int(answer.headers["content-length"])
    )
    assert photo_bytes[:200] not in answer.content and answer.headers["cache-control"] == "no-store"
    (tmp_path / name).write_bytes(answer.content)
    assert restored(tmp_path / name, tmp_path / "back") == 1
    page = browser.get("/backup").text
    assert "It holds all visits." in page and name in page
    # No copy stays beside the records.
    assert [path.name for path in (tmp_path / "records").iterdir() if path.is_dir()] == []


def test_a_download_that_is_broken_off_is_none(
    browser: Browser, station: Station, photo_bytes: bytes, tmp_path: Path
) -> None:
    browser.visit(photo_bytes)
    store, held = station.locker.store, ExitStack()
    copy, made = held.enter_context(store.lent_copy())

    async def leave() -> None:
        first = asyncio.Event()

        async def receive() -> MutableMapping[str, Any]:
            await first.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.body":
                first.set()
                await asyncio.sleep(30)  # The browser takes no more.

        await backup_pages.Download(store, copy, made, held)(
            {"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send
        )

    asyncio.run(leave())
    assert store.backup_state().last_at is None and not copy.exists()


def test_a_file_is_written_to_the_folder_that_was_named(
    browser: Browser, station: Station, stick: Path, photo_bytes: bytes, tmp_path: Path
) -> None:
    browser.visit(photo_bytes)
    assert str(stick) in browser.get("/backup").text
    assert "read back whole" in browser.post("/backup/folder").text
    (file,) = stick.iterdir()
    assert file.name in browser.page.text and restored(file, tmp_path / "back") == 1


def test_without_the_stick_nothing_is_said_to_be_made(
    browser: Browser, station: Station, stick: Path, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.visit(photo_bytes)
    monkeypatch.setattr(backup, "_forget_cached", lambda file: file.write_bytes(file.read_bytes()[:-5000] + bytes(5000)))
    browser.get("/backup")
    for damaged in (True, False):
        if not damaged:
            stick.rmdir()
        answer = browser.post("/backup/folder")
        assert answer.status_code == 409 and 'role="alert"' in answer.text and "read back whole" not in answer.text
        assert ("Put the stick in" in answer.text) != damaged and "There is none yet." in answer.text
    assert "backup" not in {event.entry.kind for event in station.locker.store.log()}


def test_a_station_without_a_folder_writes_nowhere(browser: Browser, station: Station) -> None:
    assert "/backup/folder" not in browser.get("/backup").text
    assert browser.post("/backup/folder").url.path == "/backup" and station.locker.store.backup_state().last_at is None


def test_a_full_disk_is_one_line(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    browser.visit(photo_bytes)
    station.locker.store._free = lambda _: 1000
    browser.get("/backup")
    answer = browser.client.post("/backup/file", data={"token": browser.token})
    assert answer.status_code == 409 and "free some space" in answer.text and "content-disposition" not in answer.headers


def test_the_list_reminds_after_a_week(
    browser: Browser, station: Station, stick: Path, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reminded() -> bool:
        return "No backup since" in browser.get("/visits").text

    assert not reminded()
    browser.visit(photo_bytes)
    assert not reminded()
    with monkeypatch.context() as a_week_later:
        a_week_later.setattr(backup, "REMIND_AFTER", timedelta(0))
        since = station.locker.store.backup_state().none_since
        assert since and reminded() and str(since.astimezone().year) in browser.page.text
        browser.get("/backup")
        browser.post("/backup/folder")
        assert not reminded()
        # Nothing came since: there is nothing to remind of, however long ago it was.
        browser.visit(photo_bytes)
        assert reminded()
    assert not reminded()


def test_the_list_is_there_though_the_note_of_a_backup_is_damaged(
    browser: Browser, station: Station, stick: Path, photo_bytes: bytes
) -> None:
    browser.visit(photo_bytes)
    browser.get("/backup")
    browser.post("/backup/folder")
    with station.locker.store._database.write() as connection:
        last = connection.execute("SELECT max(sequence) FROM log").fetchone()[0]
        connection.execute("UPDATE payload SET sealed = zeroblob(50) WHERE sequence = ?", [last])
    assert browser.get("/visits").status_code == 200 and "There is none yet." in browser.get("/backup").text


def test_a_backup_outlives_the_lock(browser: Browser, station: Station, photo_bytes: bytes, tmp_path: Path) -> None:
    browser.visit(photo_bytes)
    store = station.locker.store
    with store.lent_copy() as (_, made):
        station.locker.lock()
        store.note_backup("records.skinedge", made.head)
    with RecordStore.open(tmp_path / "records", PASSPHRASE) as again:
        assert again.backup_state().last_at is not None
    with pytest.raises(StoreError):
        _ = station.locker.store
