"""USB sticks, shares and mounts refuse modes, links, locks and the flushing of folders: a file is written all the same.

FAT and exFAT know no modes, SMB and gvfs refuse chmod, Docker's mounts know no locks.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.drivers.stations import PASSPHRASE, add_visit, new_store
from skinedge.commands.options import RECORDS_PASSPHRASE_VARIABLE
from skinedge.runtime.bundle import open_bundle
from skinedge.runtime.keys import PASSPHRASE_VARIABLE
from tests import fakes
from tests.conftest import Command

fcntl = pytest.importorskip("fcntl", reason="Windows locks in another way")
COMMANDS = {
    "screen STICK/photos --model STICK/bundle --allow-unsigned --out STICK/results.csv": "results.csv",
    "records export --records RECORDS --format csv --out STICK/visits.csv": "visits.csv",
    "records export --records RECORDS --format fhir --photos --out STICK/visits.json": "visits.json",
    "records export --format odk --out STICK/form.xml": "form.xml",
    "records backup STICK/backup.skinedge --records RECORDS": "backup.skinedge",
    "records report --records RECORDS --out STICK/report.html": "report.html",
    "records slip VISIT --records RECORDS --out STICK/slip.pdf": "slip.pdf",
    "records show VISIT --records RECORDS --photo STICK/photo.jpg": "photo.jpg",
    "records init --records STICK/records": "records/records.sqlite",
    "keys new STICK/clinic": "clinic.key",
    "data synthetic STICK/drawn --photos 6": "drawn/metadata.csv",
}


def refuse_modes(monkeypatch: pytest.MonkeyPatch, stick: Path) -> None:
    for name in ("chmod", "fchmod", "lchmod", "chown", "utime"):
        if hasattr(os, name):
            monkeypatch.setattr(os, name, _refused(getattr(os, name), stick, errno.EPERM))


def refuse_links(monkeypatch: pytest.MonkeyPatch, stick: Path) -> None:
    for name in ("link", "symlink"):
        monkeypatch.setattr(os, name, _refused(getattr(os, name), stick, errno.EPERM))


def refuse_locks(monkeypatch: pytest.MonkeyPatch, stick: Path) -> None:
    for name in ("flock", "lockf"):
        monkeypatch.setattr(fcntl, name, _refused(getattr(fcntl, name), stick, errno.ENOLCK))


def refuse_flushing(monkeypatch: pytest.MonkeyPatch, stick: Path) -> None:
    flush = os.fsync

    def flushed(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        flush(handle)

    monkeypatch.setattr(os, "fsync", flushed)


def _refused(call: Callable[..., Any], stick: Path, number: int) -> Callable[..., Any]:
    """A call of the system that refuses what lies on the stick, given by path or by handle."""

    def called(where: Any, *rest: Any, **more: Any) -> Any:
        path = Path(f"/proc/self/fd/{where}").readlink() if isinstance(where, int) else Path(os.fsdecode(where)).absolute()
        if path.is_relative_to(stick) or any(isinstance(one, str | Path) and stick in Path(one).parents for one in rest):
            raise OSError(number, os.strerror(number), str(path))
        return call(where, *rest, **more)

    return called


@pytest.fixture(params=[refuse_modes, refuse_links, refuse_locks, refuse_flushing])
def stick(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: Path) -> Path:
    """A folder with photos and a bundle, on a disk that refuses something."""
    if sys.platform != "linux":
        pytest.skip("which file a handle is of is told by /proc")
    monkeypatch.setenv(RECORDS_PASSPHRASE_VARIABLE, PASSPHRASE)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, PASSPHRASE)
    folder = tmp_path / "stick"
    shutil.copytree(bundle, folder / "bundle")
    (folder / "photos").mkdir()
    fakes.photo(folder / "photos" / "a.jpg")
    request.param(monkeypatch, folder)
    return folder


def test_what_is_written_to_a_stick_is_there(skinedge: Command, stick: Path, tmp_path: Path) -> None:
    with new_store(tmp_path / "records") as store:
        visit = add_visit(store, "P-1").visit_id
    given = {"RECORDS": str(tmp_path / "records"), "VISIT": visit}
    for command, written in COMMANDS.items():
        arguments = [given.get(word, word.replace("STICK", str(stick))) for word in command.split()]
        code, _, err = skinedge(*arguments)
        assert code == 0, (command, err)
        assert (stick / written).stat().st_size > 0, command
    assert [path.name for path in stick.rglob(".*")] == [], "nothing half-made is left"


def test_a_bundle_on_a_stick_is_signed_and_copied_from(skinedge: Command, stick: Path, tmp_path: Path) -> None:
    fakes.new_keys(tmp_path / "k")
    code, _, err = skinedge("keys", "sign", stick / "bundle", "--key", tmp_path / "k.key")
    assert code == 0, err
    assert open_bundle(stick / "bundle").signed_by is not None
