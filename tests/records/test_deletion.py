"""A deleted patient cannot be found again, and the log still holds."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from benchmarks.drivers.stations import OUTCOME, OVERRIDE, PASSPHRASE, add_visit, new_visit, without_syncing
from skinedge.errors import StoreError, UnknownVisitError
from skinedge.records.store import RecordStore

PIECE_BYTES = 16


def sealed_bytes(store: RecordStore, patient: str) -> list[bytes]:
    """Everything in the file that belongs to a patient."""
    with store._database.read() as connection:
        mac = store._vault.patient_mac(patient)
        keys = connection.execute("SELECT wrapped_key FROM visit WHERE patient_mac = ?", [mac]).fetchall()
        theirs = (
            "sequence IN (SELECT sequence FROM log WHERE visit_id IN (SELECT visit_id FROM visit WHERE patient_mac = ?))"
        )
        parts = [connection.execute(f"SELECT sealed FROM {table} WHERE {theirs}", [mac]) for table in ("payload", "photo")]
        return [mac, *(row[0] for row in (*keys, *parts[0], *parts[1]))]


def pieces(parts: list[bytes]) -> list[bytes]:
    """The first, the last and some pieces between of all parts."""
    return [
        part[at : at + PIECE_BYTES]
        for part in parts
        for at in {0, len(part) - PIECE_BYTES, *range(0, len(part) - PIECE_BYTES, max(PIECE_BYTES, len(part) // 20))}
    ]


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@pytest.mark.parametrize("photo_bytes", [500, 60_000])
def test_nothing_of_the_patient_is_left_in_the_files(store: RecordStore, folder: Path, photo_bytes: int) -> None:
    photos = [secrets.token_bytes(photo_bytes) for _ in range(3)]
    without_syncing(store)
    for number in range(60):
        add_visit(store, f"P-{number}", photo=secrets.token_bytes(photo_bytes))
        if number % 20 == 10:
            visit = add_visit(store, "Maria", photo=photos[number // 20])
            store.add_override(visit.visit_id, OVERRIDE)
            store.add_outcome(visit.visit_id, OUTCOME)
    theirs = pieces(sealed_bytes(store, "Maria"))
    data = on_disk(folder)
    # Some lie across the border of two pages of the file.
    assert len(theirs) > 100 and sum(piece in data for piece in theirs) > 0.9 * len(theirs)
    store.delete_patient("P-7", reason="asked for it", by="Ana")
    deletion = store.delete_patient(" maria ", reason="asked for it", by="Ana")
    assert len(deletion.visit_ids) == 3 and deletion.backups == () and deletion.swept
    for closed in (False, True):
        if closed:
            store.close()
        data = on_disk(folder)
        assert not [piece for piece in theirs if piece in data]
        assert b"Maria" not in data and not any(photo[:PIECE_BYTES] in data for photo in photos)
    with RecordStore.open(folder, PASSPHRASE) as again:
        assert again.verify() == [] and again.records().total == 59


def test_the_log_says_all_but_who(store: RecordStore) -> None:
    kept, gone = add_visit(store, "P-1"), add_visit(store, "Maria")
    store.add_override(gone.visit_id, OVERRIDE)
    store.delete_patient("Maria", reason="asked for it", by="Ana")
    deletion = store.log()[-1]
    assert deletion.entry.kind == "deletion" and deletion.entry.visit_id == gone.visit_id
    assert deletion.note == {"reason": "asked for it", "by": "Ana"}
    assert (deletion.entry.model_name, deletion.entry.model_sha256) == ("tiny", "ab" * 32)
    assert "Maria" not in repr(store.log())
    assert store.records().records[0].visit == kept and store.records(patient="Maria").total == 0
    for ask in (store.record, store.photo, lambda visit_id: store.add_outcome(visit_id, OUTCOME)):
        with pytest.raises(UnknownVisitError, match="it was deleted"):
            ask(gone.visit_id)
    with pytest.raises(UnknownVisitError, match="no visit of patient"):
        store.delete_patient("Maria", reason="again", by="Ana")
    with pytest.raises(StoreError, match="already"):
        store.add_visit(gone, b"a photo")
    assert store.verify() == []


def test_a_patient_who_comes_back_is_kept_again(store: RecordStore) -> None:
    add_visit(store, "Maria")
    store.delete_patient("Maria", reason="asked for it", by="Ana")
    visit = add_visit(store, "Maria")
    assert [record.visit for record in store.records(patient="Maria").records] == [visit] and store.verify() == []


def test_backups_that_hold_the_patient_are_named(store: RecordStore, tmp_path: Path) -> None:
    store.backup(tmp_path / "before")
    store.add_visit(new_visit("Maria"), None)
    store.backup(tmp_path / "with")
    with RecordStore.restore(tmp_path / "with", tmp_path / "back", PASSPHRASE) as back:
        assert not back.backup_state().unsaved_visits and back.backup_state().last_name == "with"
        # The log of the copy ends before it was noted as a backup.
        assert back.delete_patient("Maria", reason="asked for it", by="Ana").backups == ("with",)
    assert store.delete_patient("Maria", reason="asked for it", by="Ana").backups == ("with",)


def test_a_reader_does_not_stop_a_deletion(store: RecordStore, folder: Path) -> None:
    add_visit(store, "Maria")
    with RecordStore.open(folder, PASSPHRASE) as other, other._database.read() as connection:
        connection.execute("SELECT count(*) FROM log").fetchone()
        store._database._connection.execute("PRAGMA busy_timeout = 50")
        assert not store.delete_patient("Maria", reason="asked for it", by="Ana").swept
    # The next to open it sweeps up.
    with RecordStore.open(folder, PASSPHRASE):
        assert (folder / "records.sqlite-wal").stat().st_size == 0
