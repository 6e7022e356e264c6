"""`skinedge records` as it is typed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from benchmarks.drivers.stations import OUTCOME, OVERRIDE, PASSPHRASE, add_visit, new_store
from skinedge.commands.options import NEW_PASSPHRASE_VARIABLE, RECORDS_PASSPHRASE_VARIABLE, RECOVERY_KEY_VARIABLE
from skinedge.records.recovery_key import RecoveryKey
from skinedge.records.store import RecordStore
from skinedge.records.visit import Visit, spoken_visit_id
from tests.conftest import Command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the records of this user lie by default."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv(RECORDS_PASSPHRASE_VARIABLE, PASSPHRASE)
    return tmp_path / "skinedge" / "records"


@pytest.fixture
def visits(folder: Path) -> list[Visit]:
    with new_store(folder) as store:
        visits = [add_visit(store, f"P-{number}", minutes=number) for number in range(3)]
        store.add_override(visits[0].visit_id, OVERRIDE)
        store.add_outcome(visits[0].visit_id, OUTCOME)
    return visits


def test_from_nothing_to_a_store_of_ones_own(skinedge: Command, folder: Path) -> None:
    code, out, err = skinedge("records", "init")
    assert code == 0 and str(folder) in out and "Keep the passphrase" in err and "recovery key: " in out
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    code, out, err = skinedge("records", "init")
    assert code == 1 and "already" in err and err.count("\n") == 1
    assert skinedge("records", "list") == (0, "", "0 of 0 visits\n")


def test_list_and_show(skinedge: Command, folder: Path, visits: list[Visit], tmp_path: Path) -> None:
    code, out, err = skinedge("records", "list", "--limit", "2", "--offset", "1")
    assert code == 0 and err == "2 of 3 visits\nmalignant and not referred: 1\n"
    # Malignant and not referred, so the first although it is the oldest.
    assert [line.split()[2] for line in out.splitlines()] == [spoken_visit_id(visit.visit_id) for visit in visits[:2]]
    assert "watch" in out.splitlines()[0] and "BCC, malignant  MALIGNANT AND NOT REFERRED" in out.splitlines()[0]
    assert skinedge("records", "list", "--limit", "1")[1].splitlines()[0] == out.splitlines()[0]
    listed = json.loads(skinedge("records", "list", "--patient", "p-0", "--since", "2026-02-01", "--json")[1])
    assert listed["total"] == 1 and Visit.model_validate(listed["records"][0]["visit"]) == visits[0]
    assert json.loads(skinedge("records", "list", "--since", "2027-01-01", "--json")[1])["records"] == []
    typed = spoken_visit_id(visits[0].visit_id).lower()
    code, out, _ = skinedge("records", "show", typed, "--photo", tmp_path / "spot.jpg")
    assert code == 0 and "Itch         don't know" in out and "seen last year" in out and "BCC, malignant" in out
    assert out.splitlines()[0].split(maxsplit=1) == ["Alert", "MALIGNANT AND NOT REFERRED"]
    assert "watch, decided by Dr Lima; found later: BCC, malignant" in out.splitlines()[1]
    assert (tmp_path / "spot.jpg").read_bytes() == b"a photo"
    assert stat.S_IMODE((tmp_path / "spot.jpg").stat().st_mode) == 0o600
    assert skinedge("records", "show", typed, "--photo", tmp_path / "spot.jpg")[0] == 1
    shown = json.loads(skinedge("records", "show", typed, "--json")[1])
    assert shown["decision"] == "watch" and shown["state"]["alert"] and shown["state"]["decided_by"] == "Dr Lima"


def test_verify_says_what_to_write_down_and_takes_it_back(skinedge: Command, folder: Path, visits: list[Visit]) -> None:
    code, out, _ = skinedge("records", "verify")
    head = out.split()[-1]
    assert code == 0 and out.startswith("ok") and head.startswith("6:")
    assert json.loads(skinedge("records", "verify", "--head", head, "--json")[1]) == {
        "ok": True,
        "head": head,
        "problems": [],
    }
    code, out, _ = skinedge("records", "verify", "--head", "6:0123456789abcdef")
    assert code == 1 and "older copy" in out


def test_a_backup_a_deletion_and_a_restore(skinedge: Command, folder: Path, visits: list[Visit], tmp_path: Path) -> None:
    assert skinedge("records", "backup", tmp_path / "b")[0] == 0
    delete = ("records", "delete-patient", "P-1", "--reason", "asked for it", "--by", "Ana")
    code, _, err = skinedge(*delete)
    assert code == 1 and "--yes" in err
    code, out, err = skinedge(*delete, "--yes")
    assert (code, out, err) == (0, "deleted 1 visits\n", "A backup still holds them: b\n")
    assert "reason: asked for it, by: Ana" in skinedge("records", "log")[1]
    assert json.loads(skinedge("records", "log", "--json")[1])[-1]["kind"] == "deletion"
    code, out, _ = skinedge("records", "restore", tmp_path / "b", "--records", tmp_path / "back")
    assert code == 0 and "3 visits restored" in out
    assert skinedge("records", "list", "--records", tmp_path / "back")[2].startswith("3 of 3 visits\n")


def test_passphrases_from_files_and_the_environment(
    skinedge: Command, folder: Path, visits: list[Visit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NEW_PASSPHRASE_VARIABLE, "a longer passphrase")
    assert skinedge("records", "passphrase")[:2] == (0, "the passphrase was changed\n")
    code, _, err = skinedge("records", "list")
    assert code == 1 and "not the passphrase" in err
    monkeypatch.delenv(RECORDS_PASSPHRASE_VARIABLE)
    code, _, err = skinedge("records", "list")
    assert code == 1 and RECORDS_PASSPHRASE_VARIABLE in err and err.count("\n") == 1
    (tmp_path / "secret").write_text("a longer passphrase\r\n", encoding="utf-8")
    assert skinedge("records", "list", "--passphrase-file", tmp_path / "secret")[0] == 0
    code, _, err = skinedge("records", "list", "--passphrase-file", tmp_path / "none")
    assert code == 1 and "cannot read a passphrase" in err


def test_a_forgotten_passphrase_is_replaced_with_the_recovery_key(
    skinedge: Command, folder: Path, visits: list[Visit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = skinedge("records", "recovery-key")
    key = out.removeprefix("recovery key: ").strip()
    assert code == 0 and RecoveryKey.parse(key).spoken() == key and "apart from this computer" in err
    assert skinedge("records", "backup", tmp_path / "b")[0] == 0
    monkeypatch.delenv(RECORDS_PASSPHRASE_VARIABLE)
    monkeypatch.setenv(NEW_PASSPHRASE_VARIABLE, "a longer passphrase")
    code, _, err = skinedge("records", "passphrase", "--recovery-key")
    assert code == 1 and RECOVERY_KEY_VARIABLE in err and err.count("\n") == 1
    monkeypatch.setenv(RECOVERY_KEY_VARIABLE, key.lower().replace("-", " "))
    assert skinedge("records", "passphrase", "--recovery-key")[:2] == (0, "the passphrase was changed\n")
    code, out, err = skinedge("records", "restore", tmp_path / "b", "--records", tmp_path / "back", "--recovery-key")
    assert code == 0 and "3 visits restored" in out and "set another passphrase" in err
    monkeypatch.setenv(RECORDS_PASSPHRASE_VARIABLE, "a longer passphrase")
    log = skinedge("records", "log")[1]
    assert "by: recovery key" in log and not any(group in log for group in key.split("-"))
    assert skinedge("records", "verify")[0] == 0


def test_a_damaged_record_is_named(skinedge: Command, folder: Path, visits: list[Visit]) -> None:
    with RecordStore.open(folder, PASSPHRASE) as store, store._database.write() as connection:
        connection.execute("UPDATE payload SET sealed = zeroblob(50) WHERE sequence = 3")
    code, out, err = skinedge("records", "list")
    assert code == 0 and len(out.splitlines()) == 2 and visits[1].visit_id in err
    code, out, _ = skinedge("records", "verify")
    assert code == 1 and "entry 3" in out


@pytest.mark.parametrize(
    "arguments",
    [("show", "x"), ("show", "0000000000"), ("verify", "--head", "x"), ("restore", "none"), ("backup", "/nowhere/b")],
)
def test_mistakes_get_one_line(skinedge: Command, folder: Path, visits: list[Visit], arguments: tuple[str, ...]) -> None:
    code, out, err = skinedge("records", *arguments)
    assert (code, out) == (1, "") and err.startswith("skinedge: ") and err.count("\n") == 1


def test_free_text_moves_no_cursor(skinedge: Command, folder: Path) -> None:
    with new_store(folder) as store:
        visit = add_visit(store, "P\x1b[2J\n7")
    assert "P?[2J?7" in skinedge("records", "list")[1]
    assert "\x1b" not in skinedge("records", "show", visit.visit_id)[1]
