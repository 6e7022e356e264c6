"""A disk that is nearly full is noticed before anything is written; one that is full loses nothing."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.drivers import stations
from benchmarks.drivers.stations import OUTCOME, OVERRIDE, PASSPHRASE, add_visit, new_visit
from skinedge.errors import DiskFullError
from skinedge.records import database
from skinedge.records.database import RESERVE_BYTES
from skinedge.records.store import RecordStore

PHOTO = secrets.token_bytes(200_000)


class Disk:
    """A disk that says it has this much left."""

    def __init__(self) -> None:
        self.left = 10 * RESERVE_BYTES

    def __call__(self, folder: Path) -> int:
        assert folder.is_dir()
        return self.left


def test_the_reserve_is_kept(folder: Path) -> None:
    disk = Disk()
    with RecordStore.create(folder, PASSPHRASE, free=disk, cost=stations.CHEAP) as store:
        visit = add_visit(store, photo=PHOTO)
        before = store.head()
        disk.left = RESERVE_BYTES + 2 * len(PHOTO)
        with pytest.raises(DiskFullError, match=r"nothing was saved: the disk has 68 MB left, and 68 MB are needed; free"):
            add_visit(store, photo=PHOTO)
        disk.left = RESERVE_BYTES
        adders: tuple[Callable[[], object], ...] = (
            lambda: store.add_visit(new_visit(), None),
            lambda: store.add_override(visit.visit_id, OVERRIDE),
            lambda: store.add_outcome(visit.visit_id, OUTCOME),
        )
        for add in adders:
            with pytest.raises(DiskFullError):
                add()
        assert store.head() == before and store.verify() == []
        # That is what the reserve is for.
        assert len(store.delete_patient("P-1", reason="asked for it", by="Ana").visit_ids) == 1
        disk.left = 2 * RESERVE_BYTES
        add_visit(store, photo=PHOTO)
        assert store.verify() == []
    with pytest.raises(DiskFullError):
        RecordStore.create(folder.parent / "other", PASSPHRASE, free=lambda _: 1000, cost=stations.CHEAP)


def test_a_limit_that_sqlite_meets_half_way_undoes_the_visit(store: RecordStore) -> None:
    visit = add_visit(store, photo=PHOTO)
    pages = store._database._connection.execute("PRAGMA page_count").fetchone()[0]
    store._database._connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    before = store.head()
    for _ in range(3):
        with pytest.raises(DiskFullError, match="the disk is full"):
            add_visit(store, photo=PHOTO)
    assert store.head() == before and store.records().total == 1 and store.verify() == []
    store._database._connection.execute("PRAGMA max_page_count = 100000")
    add_visit(store, photo=PHOTO)
    assert store.photo(visit.visit_id) == PHOTO and store.records().total == 2 and store.verify() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount a small file system")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_real_full_disk_loses_nothing(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "RESERVE_BYTES", 0)
    kept = {}

    def fill(store: RecordStore) -> str:
        with pytest.raises(DiskFullError, match="nothing was saved") as refusal:
            while True:
                visit = new_visit(photo=PHOTO)
                store.add_visit(visit, PHOTO)
                kept[visit.visit_id] = visit
        return str(refusal.value)

    def check(store: RecordStore) -> None:
        assert {record.visit.visit_id for record in store.records().records} == set(kept)
        assert all(store.photo(visit_id) == PHOTO for visit_id in kept) and store.verify() == []

    # First without the check of the space, so that SQLite itself meets the end of the disk.
    with RecordStore.create(small_disk / "r", PASSPHRASE, cost=stations.CHEAP, free=lambda _: 1 << 40) as store:
        assert "the disk is full" in fill(store)
        check(store)
    with RecordStore.open(small_disk / "r", PASSPHRASE) as store:
        check(store)
        assert "MB left" in fill(store)
        check(store)
