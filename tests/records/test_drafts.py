"""Visits under way in a store: durable, sealed, and gone without a trace when they end."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.drivers.stations import PASSPHRASE, add_visit, new_store, new_visit
from skinedge.errors import DiskFullError, StoreError, UnknownDraftError
from skinedge.records import ledger, migrations
from skinedge.records.database import FILE
from skinedge.records.store import RecordStore
from tests.records.test_deletion import on_disk, pieces


def sealed_bytes(store: RecordStore, draft_id: str) -> list[bytes]:
    """Everything in the file that belongs to a draft."""
    with store._database.read() as connection:
        keys = connection.execute("SELECT wrapped_key, patient_mac FROM draft WHERE draft_id = ?", [draft_id]).fetchone()
        parts = connection.execute("SELECT sealed FROM draft_part WHERE draft_id = ?", [draft_id]).fetchall()
        return [*keys, *(row[0] for row in parts)]


def test_what_is_kept_comes_back_and_is_sealed(store: RecordStore, folder: Path) -> None:
    store.drafts.add("one", {"state": b"nothing yet"})
    store.drafts.add("two", {"state": b"of Maria"}, patient="Maria")
    store.drafts.keep("one", {"state": b"of Joana", "photo": b"her photo" * 1000}, patient="Joana")
    # As a process that is killed leaves it: nothing is closed.
    shutil.copytree(folder, folder.with_name("killed"))
    for word in (b"Joana", b"Maria", b"her photo"):
        assert word not in on_disk(folder)
    with RecordStore.open(folder.with_name("killed"), PASSPHRASE) as killed:
        assert killed.drafts.all("state") == {"one": b"of Joana", "two": b"of Maria"}
        assert killed.drafts.read("one", "photo") == b"her photo" * 1000 and killed.drafts.read("two", "photo") is None
        assert killed.verify() == []


def test_a_commit_waits_for_the_disk(store: RecordStore) -> None:
    settings = [
        store._database._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")
    ]
    assert settings == [2, "wal"]


@pytest.mark.parametrize("photo_bytes", [500, 60_000])
def test_a_wiped_draft_leaves_nothing_in_the_files(store: RecordStore, folder: Path, photo_bytes: int) -> None:
    for number in range(12):
        store.drafts.add(f"{number}", {"state": b"x" * number, "photo": secrets.token_bytes(photo_bytes)}, patient="P")
    for answer in range(5):
        store.drafts.keep("7", {"state": secrets.token_bytes(50 * answer)}, patient="Maria")
    theirs = pieces(sealed_bytes(store, "7"))
    assert sum(piece in on_disk(folder) for piece in theirs) > 0.8 * len(theirs)
    store.drafts.wipe("7")
    assert not [piece for piece in theirs if piece in on_disk(folder)]
    with pytest.raises(UnknownDraftError):
        store.drafts.read("7", "photo")
    with pytest.raises(UnknownDraftError):
        store.drafts.keep("7", {"state": b"late"})
    assert len(store.drafts.all("state")) == 11 and store.verify() == []


def test_a_draft_becomes_a_visit_in_one_moment(store: RecordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.drafts.add("one", {"state": b"answers", "photo": b"a photo"})
    visit = new_visit(photo=b"a photo")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(ledger, "append", _killed)
        store.add_visit(visit, b"a photo", draft_id="one")
    assert store.records().total == 0 and store.drafts.read("one", "photo") == b"a photo"
    with pytest.raises(StoreError):
        store.add_visit(visit, b"another photo", draft_id="one")
    store.add_visit(visit, b"a photo", draft_id="one")
    assert store.drafts.visit_of("one") == visit.visit_id and store.drafts.all("state") == {}
    with pytest.raises(UnknownDraftError):
        store.add_visit(new_visit(photo=b"a photo"), b"a photo", draft_id="one")
    assert store.records().total == 1 and store.verify() == []


def test_a_full_disk_leaves_the_step_before(store: RecordStore, folder: Path) -> None:
    store.drafts.add("one", {"state": b"before"})
    store.close()
    with RecordStore.open(folder, PASSPHRASE, free=lambda _: 1000) as full:
        with pytest.raises(DiskFullError):
            full.drafts.keep("one", {"state": b"after"})
        assert full.drafts.all("state") == {"one": b"before"}


def test_no_backup_has_drafts(store: RecordStore, tmp_path: Path) -> None:
    add_visit(store)
    store.drafts.add("one", {"state": b"answers", "photo": secrets.token_bytes(50_000)})
    theirs = pieces(sealed_bytes(store, "one")[2:])
    store.backup(tmp_path / "backup")
    backup = (tmp_path / "backup").read_bytes()
    assert not [piece for piece in theirs if piece in backup]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    with RecordStore.restore(tmp_path / "backup", tmp_path / "back", PASSPHRASE) as back:
        assert back.drafts.all("state") == {} and back.records().total == 1 and back.verify() == []
    assert store.drafts.read("one", "state") == b"answers"


def test_deleting_a_patient_takes_unfinished_visits_along(store: RecordStore) -> None:
    add_visit(store, "Maria")
    store.drafts.add("hers", {"state": b"x"}, patient=" maria ")
    store.drafts.add("his", {"state": b"y"}, patient="João")
    store.delete_patient("Maria", reason="asked for it", by="Ana")
    assert store.drafts.all("state") == {"his": b"y"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE draft_part SET sealed = zeroblob(60) WHERE part = 'state'",
        "UPDATE draft_part SET part = 'photo' WHERE draft_id = 'one'",
        "UPDATE draft SET draft_id = 'three' WHERE draft_id = 'one'",
        "DELETE FROM draft WHERE draft_id = 'one'",
    ],
)
def test_a_draft_that_was_changed_is_found_and_stops_no_other(store: RecordStore, folder: Path, statement: str) -> None:
    store.drafts.add("one", {"state": b"x"})
    store.drafts.add("two", {"state": b"y"})
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute(statement)
    assert any("an unfinished visit does not open" in problem for problem in store.verify())
    if "WHERE part" not in statement:
        assert store.drafts.all("state")["two"] == b"y"


def test_a_store_from_before_drafts_opens(store: RecordStore, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = migrations._scripts()[0]
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "_scripts", lambda: [first])
        visit = new_visit()
        with new_store(folder.with_name("old")) as old:
            old.add_visit(visit, b"a photo")
    with RecordStore.open(folder.with_name("old"), PASSPHRASE) as opened:
        opened.drafts.add("one", {"state": b"x"})
        assert opened.record(visit.visit_id).visit == visit and opened.verify() == []


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
