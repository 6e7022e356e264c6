"""Every command that writes says in one line where nothing can be written, before it works for minutes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.drivers.stations import PASSPHRASE, add_visit, new_store
from skinedge.commands.options import RECORDS_PASSPHRASE_VARIABLE
from skinedge.runtime.keys import CONFIG_VARIABLE
from tests import fakes
from tests.conftest import Command

PLACE = "PLACE"
# Words in capitals are filled in by `given`; PLACE is where the command is told to write.
FILES = {
    "screen": "screen PHOTOS --model BUNDLE --allow-unsigned --out PLACE",
    "audit": "audit DATA --out PLACE",
    "upscaler": "upscaler --data DATA --sr-target edsr --out PLACE",
    "export report": "export --target onnx --out NEW --report PLACE.html",
    "bench run": "bench run BUNDLE --out PLACE",
    "bench training": "bench training --data DATA --out PLACE",
    "bench tables": "bench tables RESULTS --picture PLACE",
    "keys new": "keys new PLACE",
    "records show": "records show VISIT --photo PLACE",
    "records backup": "records backup PLACE",
    "records export": "records export --format csv --out PLACE --overwrite",
    "records form": "records export --format odk --out PLACE --overwrite",
    "records from-odk": "records from-odk FORM --out PLACE --overwrite",
    "records slip": "records slip VISIT --out PLACE --overwrite",
    "records report": "records report --out PLACE --overwrite",
}
FOLDERS = {
    "train": "train --data DATA --out PLACE",
    "reproduce": "reproduce --preset smoke --out PLACE",
    "reproduce report": "reproduce --preset smoke --out NEW --report PLACE",
    "export": "export --target onnx --out PLACE",
    "export all": "export --target all --out PLACE",
    "export reports": "export --target all --out NEW --report PLACE",
    "data synthetic": "data synthetic PLACE --photos 6",
    "bench work": "bench run BUNDLE --out NEW --work PLACE",
    "bench phones": "bench phones BUNDLE --out PLACE",
    "records init": "records init --records PLACE",
    "records restore": "records restore BACKUP --records PLACE",
}
READ_FIRST = {
    "abstain": "abstain RUN --data DATA --into PLACE",
    "calibrate": "calibrate --data DATA --model PLACE",
    "card": "card PLACE --data DATA",
    "export app": "export --target android --out NEW --app PLACE",
    "keys sign": "keys sign PLACE --key KEY",
}
"""What is written to must be there already, so that whatever is wrong with it is told as its not being that."""

Line = Callable[[str, Path], list[str]]


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: Path) -> Line:
    """Fills in the words of a command."""
    monkeypatch.setenv(RECORDS_PASSPHRASE_VARIABLE, PASSPHRASE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    (tmp_path / "photos").mkdir()
    fakes.photo(tmp_path / "photos" / "a.jpg")

    def filled(command: str, place: Path) -> list[str]:
        given = {"PHOTOS": tmp_path / "photos", "BUNDLE": bundle, "NEW": tmp_path / "new", "DATA": tmp_path / "data"}
        given |= {name: tmp_path / name.lower() for name in ("RESULTS", "FORM", "BACKUP", "RUN")}
        if command.startswith("records") and "init" not in command:
            with new_store(tmp_path / "skinedge" / "records") as store:
                given["VISIT"] = Path(add_visit(store, "P-1").visit_id)
        if "KEY" in command:
            fakes.new_keys(tmp_path / "k")
            given["KEY"] = tmp_path / "k.key"
        return [
            word.replace(PLACE, str(place)) if word.startswith(PLACE) else str(given.get(word, word))
            for word in command.split()
        ]

    return filled


def check_one_line(result: tuple[int, str, str], about: Path | None = None) -> None:
    code, out, err = result
    assert (code, out) == (1, "") and err.startswith("skinedge: ") and err.count("\n") == 1, result
    assert about is None or str(about) in err, err


def below_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("kept")
    return tmp_path / "file" / "below" / "deeper"


def too_long(tmp_path: Path) -> Path:
    return tmp_path / ("n" * 300)


@pytest.mark.parametrize("place", [below_a_file, too_long])
@pytest.mark.parametrize("command", [*FILES.values(), *FOLDERS.values(), *READ_FIRST.values()])
def test_a_place_that_cannot_be_made(
    skinedge: Command, line: Line, tmp_path: Path, command: str, place: Callable[[Path], Path]
) -> None:
    where = place(tmp_path)
    check_one_line(skinedge(*line(command, where)), where)
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "file").exists() or (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("name", FILES)
def test_a_folder_where_a_file_is_wanted(skinedge: Command, line: Line, tmp_path: Path, name: str) -> None:
    if name == "keys new":
        pytest.skip("a folder is where its two files go")
    folder = tmp_path / ("place.html" if name == "export report" else "place")
    folder.mkdir()
    check_one_line(skinedge(*line(FILES[name], tmp_path / "place")), folder)


@pytest.mark.parametrize("command", FOLDERS.values(), ids=FOLDERS)
def test_a_file_where_a_folder_is_wanted(skinedge: Command, line: Line, tmp_path: Path, command: str) -> None:
    (tmp_path / "place").write_text("kept")
    check_one_line(skinedge(*line(command, tmp_path / "place")), tmp_path / "place")
    assert (tmp_path / "place").read_text() == "kept"


@pytest.mark.parametrize("command", [*FILES.values(), *FOLDERS.values()], ids=[*FILES, *FOLDERS])
def test_a_disk_that_is_read_only(
    skinedge: Command, line: Line, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, who may write anywhere: a system that refuses is acted."""
    closed = tmp_path / "closed"
    closed.mkdir()
    arguments = line(command, closed / "place")
    shut_out(monkeypatch, closed)
    check_one_line(skinedge(*arguments), closed / "place")
    assert list(closed.iterdir()) == []


def shut_out(monkeypatch: pytest.MonkeyPatch, closed: Path) -> None:
    """Nothing can be made in a folder, as on a disk that is read-only; `os.access` knows."""
    may, opening, making = os.access, os.open, os.mkdir

    def refuse(path: object) -> None:
        if isinstance(path, str | os.PathLike) and closed in Path(path).absolute().parents:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fspath(path))

    def opened(path: str, flags: int, *rest: int, **more: int) -> int:
        if flags & os.O_CREAT:
            refuse(path)
        return opening(path, flags, *rest, **more)

    def made(path: str, *rest: int, **more: int) -> None:
        refuse(path)
        making(path, *rest, **more)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "mkdir", made)
    monkeypatch.setattr(os, "access", lambda path, mode, **more: Path(path) != closed and may(path, mode, **more))


def test_keys_that_cannot_be_kept(skinedge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.new_keys(tmp_path / "k")
    for place in (below_a_file(tmp_path), too_long(tmp_path)):
        monkeypatch.setenv(CONFIG_VARIABLE, str(place))
        check_one_line(skinedge("keys", "trust", tmp_path / "k.pub"))


def test_a_table_that_is_open_in_a_spreadsheet(
    skinedge: Command, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows, what another program has open cannot be replaced."""
    out = tmp_path / "visits.csv"
    out.write_text("before")
    arguments = line(FILES["records export"], out)

    def in_use(source: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "The process cannot access the file", str(source), None, str(target))

    monkeypatch.setattr(Path, "replace", in_use)
    result = skinedge(*arguments)
    check_one_line(result)
    assert f"cannot use {out}" in result[2] and "close it in other programs" in result[2]
    assert out.read_text() == "before" and not list(tmp_path.glob(".*.tmp"))


def test_a_device_is_not_replaced(skinedge: Command, line: Line) -> None:
    check_one_line(skinedge(*line(FILES["records form"], Path(os.devnull))))
