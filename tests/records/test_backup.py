"""Copies are whole, private, and give the store back."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.drivers.stations import OUTCOME, OVERRIDE, PASSPHRASE, add_visit
from skinedge.errors import DiskFullError, PassphraseError, StoreError
from skinedge.records import backup
from skinedge.records.backup import BackupState
from skinedge.records.database import FILE
from skinedge.records.store import RecordStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_backup_gives_the_store_back(store: RecordStore, tmp_path: Path) -> None:
    visit = add_visit(store, photo=b"of the spot")
    store.add_override(visit.visit_id, OVERRIDE)
    head = store.backup(tmp_path / "backup").head
    later = add_visit(store)
    assert b"of the spot" not in (tmp_path / "backup").read_bytes()
    with RecordStore.restore(tmp_path / "backup", tmp_path / "back", PASSPHRASE) as back:
        assert back.verify(head) == [] and back.photo(visit.visit_id) == b"of the spot"
        assert [record.visit for record in back.records().records] == [visit] != [later]
        assert [event.entry.kind for event in back.log()] == ["created", "visit", "override", "restore"]
        add_visit(back)
        assert back.verify() == []
    assert store.log()[3].note == {"file": "backup", "head": str(head)} and store.verify() == []


def test_a_backup_keeps_the_passphrase_of_its_day(store: RecordStore, tmp_path: Path) -> None:
    store.backup(tmp_path / "backup")
    store.change_passphrase("a longer passphrase")
    with pytest.raises(PassphraseError):
        RecordStore.restore(tmp_path / "backup", tmp_path / "back", "a longer passphrase")
    assert not (tmp_path / "back").exists()
    RecordStore.restore(tmp_path / "backup", tmp_path / "back", PASSPHRASE).close()


def test_refusals_write_nothing(store: RecordStore, folder: Path, tmp_path: Path) -> None:
    store.backup(tmp_path / "backup")
    data = (tmp_path / "backup").read_bytes()
    with pytest.raises(StoreError, match="exists already"):
        store.backup(tmp_path / "backup")
    with pytest.raises(StoreError, match="cannot write"):
        store.backup(tmp_path / "nowhere" / "backup")
    with pytest.raises(StoreError, match="already"):
        RecordStore.restore(tmp_path / "backup", folder, PASSPHRASE)
    with pytest.raises(StoreError, match="in use"):
        RecordStore.restore(folder / FILE, tmp_path / "back", PASSPHRASE)
    with pytest.raises(StoreError, match="no backup"):
        RecordStore.restore(tmp_path / "none", tmp_path / "back", PASSPHRASE)
    for name, content in (("text", b"not a store at all" * 500), ("cut", data[: len(data) // 2]), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
    for name in ("text", "empty"):
        with pytest.raises(StoreError):
            RecordStore.restore(tmp_path / name, tmp_path / "back", PASSPHRASE)
    with pytest.raises(DiskFullError, match="MB left"):
        RecordStore.restore(tmp_path / "backup", tmp_path / "full", PASSPHRASE, free=lambda _: 1000)
    assert (tmp_path / "backup").read_bytes() == data and not (tmp_path / "back").exists() and store.verify() == []
    assert not [path for path in (*tmp_path.iterdir(), *(tmp_path / "full").iterdir()) if path.suffix == ".tmp"]


def test_a_full_stick_leaves_no_half_backup(store: RecordStore, folder: Path, tmp_path: Path) -> None:
    add_visit(store)
    store.close()
    with RecordStore.open(folder, PASSPHRASE, free=lambda _: 1000) as full:
        with pytest.raises(DiskFullError, match="free some space"):
            full.backup(tmp_path / "backup")
        assert [event.entry.kind for event in full.log()] == ["created", "visit"]
    assert [path.name for path in tmp_path.iterdir() if path != folder and path.name != "config"] == []


def test_a_damaged_backup_gives_back_what_it_has_and_says_so(store: RecordStore, tmp_path: Path) -> None:
    visits = [add_visit(store, photo=b"photo %d" % number * 100) for number in range(3)]
    with store._database.read() as connection:
        sealed = connection.execute("SELECT sealed FROM photo WHERE sequence = 3").fetchone()[0]
    store.backup(tmp_path / "backup")
    data = (tmp_path / "backup").read_bytes()
    assert data.count(sealed) == 1
    (tmp_path / "backup").write_bytes(data.replace(sealed, sealed[:-1] + bytes([sealed[-1] ^ 1])))
    with RecordStore.restore(tmp_path / "backup", tmp_path / "back", PASSPHRASE) as back:
        assert back.records().total == 3 and back.photo(visits[0].visit_id) == b"photo 0" * 100
        assert any("entry 3" in problem for problem in back.verify())


def test_what_the_stick_gives_back_is_read_before_it_counts(
    store: RecordStore, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_visit(store, photo=b"of the spot" * 100)

    def forget(file: Path) -> None:
        """As a stick that keeps its directory, and not the bytes."""
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))

    monkeypatch.setattr(backup, "_forget_cached", forget)
    with pytest.raises(StoreError, match=r"cannot be read back|damaged"):
        store.backup(tmp_path / "backup")
    assert store.backup_state().last_at is None and "backup" not in {event.entry.kind for event in store.log()}
    assert not (tmp_path / "backup").exists() and not list(tmp_path.glob(".*"))


def test_a_damaged_store_is_copied_and_the_damage_named(store: RecordStore, tmp_path: Path) -> None:
    add_visit(store)
    with store._database.write() as connection:
        connection.execute("UPDATE payload SET sealed = zeroblob(50) WHERE sequence = 2")
    made = store.backup(tmp_path / "backup")
    assert made.damage and all("entry 2" in problem for problem in made.damage) and (tmp_path / "backup").exists()


def test_it_is_known_what_no_backup_holds(store: RecordStore, tmp_path: Path) -> None:
    assert store.backup_state() == BackupState(None, "", None, 0) and not store.backup_state().is_due(NOW)
    visit = add_visit(store)
    state = store.backup_state()
    assert state.unsaved_visits == 1 and state.none_since == state.unsaved_since is not None
    assert [state.is_due(state.unsaved_since + timedelta(days=days)) for days in (0, 6.9, 7, 400, -1)] == [
        False, False, True, True, True,
    ]  # fmt: skip
    store.backup(tmp_path / "backup")
    saved = store.backup_state()
    assert saved.last_at is not None and saved.unsaved_since is None and not saved.is_due(saved.last_at + timedelta(days=99))
    store.add_outcome(visit.visit_id, OUTCOME)
    later = store.backup_state()
    assert later.unsaved_visits == 0 and later.unsaved_since and later.none_since == saved.last_at
    # What is entered while the copy is written is not in it, though its entry comes before the note.
    with store.lent_copy() as (_, made):
        add_visit(store)
    store.note_backup("backup", made.head)
    assert store.backup_state().unsaved_visits == 1


def test_a_lent_copy_is_gone_afterwards_and_so_is_what_a_killed_program_left(store: RecordStore, folder: Path) -> None:
    add_visit(store, "Maria", photo=b"of the spot")
    with store.lent_copy() as (copy, _):
        assert copy.parent.parent == folder and stat.S_IMODE(copy.stat().st_mode) == 0o600
        left = folder / ".backup.tmp-00000000"
        left.mkdir()
        (left / "lock").touch()
        (left / "copy").write_bytes(copy.read_bytes())
    assert not copy.exists() and left.exists()
    store.delete_patient("Maria", reason="asked for it", by="Ana")
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []
