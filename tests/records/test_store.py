"""What goes in comes out, for several threads and processes, and for nobody without the passphrase."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.drivers import stations
from benchmarks.drivers.stations import NOON, OUTCOME, OVERRIDE, PASSPHRASE, add_visit, new_visit, without_syncing
from skinedge.errors import DamagedRecordError, PassphraseError, StoreError, UnknownVisitError
from skinedge.records.database import FILE
from skinedge.records.store import RecordStore, default_folder
from skinedge.records.visit import Record

WRITER = """
import sys
from pathlib import Path
from skinedge.records.store import RecordStore
from benchmarks.drivers.stations import PASSPHRASE, add_visit
with RecordStore.open(Path(sys.argv[1]), PASSPHRASE) as store:
    for _ in range(20):
        print(add_visit(store).visit_id)
"""


def test_a_visit_reads_back_after_closing(store: RecordStore, folder: Path) -> None:
    visit = add_visit(store, photo=b"\x00\xff photo")
    bare = new_visit("P-2", minutes=1)
    store.add_visit(bare, None)
    store.add_override(visit.visit_id, OVERRIDE)
    head = store.add_outcome(visit.visit_id, OUTCOME)
    store.close()
    with RecordStore.open(folder, PASSPHRASE) as again:
        assert again.head() == head
        assert again.record(visit.visit_id) == Record(visit, (OVERRIDE, OUTCOME), has_photo=True)
        assert again.record(bare.visit_id) == Record(bare, has_photo=False)
        assert again.photo(visit.visit_id) == b"\x00\xff photo" and again.photo(bare.visit_id) is None
        assert again.verify(head) == []


def test_records_come_newest_first_in_pages(store: RecordStore) -> None:
    visits = [add_visit(store, f"P-{number % 2}", minutes=minutes) for number, minutes in enumerate((5, 1, 3, 2, 4))]
    ordered = sorted(visits, key=lambda visit: visit.created_at, reverse=True)
    page = store.records(limit=2, offset=1)
    assert [record.visit for record in page.records] == ordered[1:3] and page.total == 5
    ours = store.records(patient=" p-0 ")
    assert [record.visit for record in ours.records] == [v for v in ordered if v.patient == "P-0"] and ours.total == 3
    late = store.records(since=NOON + timedelta(minutes=3))
    assert [record.visit for record in late.records] == ordered[:3] and late.total == 3
    assert store.records(patient="nobody").total == 0


def test_wrong_passphrases_and_places_get_one_line(store: RecordStore, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(PassphraseError, match="not the passphrase"):
        RecordStore.open(folder, "correct horse batterx")
    with pytest.raises(StoreError, match="skinedge records init"):
        RecordStore.open(tmp_path / "nowhere", PASSPHRASE)
    with pytest.raises(StoreError, match="already"):
        stations.new_store(folder)
    with pytest.raises(StoreError, match="too short"):
        RecordStore.create(tmp_path / "new", "short")
    with pytest.raises(StoreError, match="cannot make"):
        stations.new_store(folder / FILE / "below a file")
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / f"{FILE}-wal").write_bytes(b"of another store")
    with pytest.raises(StoreError, match="of another store"):
        stations.new_store(tmp_path / "left")


def test_an_accent_is_an_accent_however_it_is_typed(tmp_path: Path) -> None:
    RecordStore.create(tmp_path / "r", "pão de açúcar", cost=stations.CHEAP).close()
    RecordStore.open(tmp_path / "r", "pa\u0303o de ac\u0327u\u0301car").close()


def test_a_store_that_was_never_finished_is_made_again(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE).touch()
    with pytest.raises(StoreError, match="never finished"):
        RecordStore.open(folder, PASSPHRASE)
    stations.new_store(folder).close()


def test_ids_are_taken_once_and_must_exist(store: RecordStore) -> None:
    visit = add_visit(store)
    before = store.head()
    with pytest.raises(StoreError, match="already"):
        store.add_visit(visit, b"a photo")
    with pytest.raises(StoreError, match="the very bytes"):
        store.add_visit(new_visit(), b"another photo")
    for ask in (store.record, store.photo, lambda visit_id: store.add_override(visit_id, OVERRIDE)):
        with pytest.raises(UnknownVisitError, match="no visit 00000-00000"):
            ask("0000000000")
    assert store.head() == before and store.verify() == []


def test_files_are_the_owners_whatever_the_umask(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        with stations.new_store(tmp_path / "a" / "records") as store:
            add_visit(store)
            store.backup(tmp_path / "backup")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in store_files(tmp_path / "a" / "records")}
    finally:
        os.umask(mask)
    assert modes == {"records": 0o700, FILE: 0o600, f"{FILE}-wal": 0o600, f"{FILE}-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o600


def store_files(folder: Path) -> list[Path]:
    return [folder, *folder.iterdir()]


def test_nothing_of_a_person_lies_in_the_clear(store: RecordStore, folder: Path) -> None:
    visit = add_visit(store, "Maria da Silva", photo=b"the skin of Maria")
    store.add_override(visit.visit_id, OVERRIDE)
    data = b"".join(path.read_bytes() for path in folder.iterdir())
    for secret in ("Maria", "63", "face", "Dr Lima", "refer", "Posto", "Ana", visit.result.photo_sha256, PASSPHRASE):
        # Two digits occur by chance in random bytes: look for them as they would lie in JSON.
        assert f'"{secret}'.encode() not in data, secret
        assert len(secret) < 5 or secret.encode() not in data, secret
    assert visit.visit_id.encode() in data


def test_one_damaged_record_does_not_hide_the_others(store: RecordStore, folder: Path) -> None:
    good, bad = add_visit(store, minutes=1), add_visit(store)
    with store._database.write() as connection:
        connection.execute("UPDATE payload SET sealed = zeroblob(100) WHERE sequence = 3")
    page = store.records()
    assert [record.visit for record in page.records] == [good] and page.unreadable == (bad.visit_id,)
    with pytest.raises(DamagedRecordError, match="skinedge records verify"):
        store.record(bad.visit_id)
    assert store.verify() != []


def test_threads_and_processes_write_side_by_side(store: RecordStore, folder: Path) -> None:
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True, env=paths)
        for _ in range(2)
    ]
    with ThreadPoolExecutor(4) as pool:
        ours = {visit.visit_id for visit in pool.map(lambda _: add_visit(store), range(40))}
        read = list(pool.map(lambda visit_id: store.record(visit_id).visit.visit_id, ours))
    theirs = {line for process in processes for line in process.communicate(timeout=60)[0].split()}
    assert all(process.returncode == 0 for process in processes) and len(theirs) == 40
    assert set(read) == ours
    assert {record.visit.visit_id for record in store.records(limit=100).records} == ours | theirs
    assert store.verify() == []


def test_a_thousand_visits_list_and_open_quickly(store: RecordStore) -> None:
    without_syncing(store)
    visits = [add_visit(store, f"P-{number % 300}", minutes=number) for number in range(1000)]

    def cpu_s(action: object) -> float:
        assert callable(action)
        started = time.process_time()
        action()
        return time.process_time() - started

    # Of the processor, so that whatever else runs here has no say.
    assert min(cpu_s(lambda: store.records(limit=1000)) for _ in range(3)) < 0.2
    assert min(cpu_s(lambda: store.record(visits[500].visit_id)) for _ in range(3)) < 0.02
    assert min(cpu_s(lambda: store.records(patient="P-7")) for _ in range(3)) < 0.02
    assert store.records(limit=1000).total == 1000


def test_the_passphrase_can_be_changed(store: RecordStore, folder: Path) -> None:
    visit = add_visit(store)
    with pytest.raises(StoreError, match="too short"):
        store.change_passphrase("short")
    store.change_passphrase("a longer passphrase")
    store.close()
    with pytest.raises(PassphraseError):
        RecordStore.open(folder, PASSPHRASE)
    with RecordStore.open(folder, "a longer passphrase") as again:
        assert again.record(visit.visit_id).visit == visit and again.verify() == []
        assert [event.entry.kind for event in again.log()] == ["created", "visit", "passphrase"]


def test_the_place_of_records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "skinedge" / "records"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert default_folder().name == "records"
