"""Text files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from skinedge import files
from skinedge.contract import ImageSpec
from skinedge.errors import ConfigError
from skinedge.files import copy_folder, explaining, files_in, find_by_name, one_line, readable_name, write_new, write_whole
from skinedge.preprocess.photo import held
from tests import fakes


def test_a_file_appears_with_its_folder_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.html"
    for text in ("été", "winter"):
        write_whole(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert [entry.name for entry in path.parent.iterdir()] == ["page.html"]


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_whole(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "\ud800")
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


def test_a_new_file_is_written_in_full_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clinic.key"
    write_new(path, b"before", mode=0o600)
    assert os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_new(path, b"after", mode=0o600)
    assert path.read_bytes() == b"before"

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_new(tmp_path / "other.key", b"half", mode=0o600)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_the_mode_is_what_the_umask_leaves(tmp_path: Path) -> None:
    """In a process of its own, because a umask is the process's."""
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom skinedge.files import write_whole\n"
        "os.umask(0o027)\nwrite_whole(Path(sys.argv[1]), 'x')"
    )
    path = tmp_path / "page.html"
    environment = os.environ | {"PYTHONPATH": str(Path(files.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code, path], check=True, env=environment)
    assert stat.S_IMODE(path.stat().st_mode) == (0o640 if os.name == "posix" else 0o666)


def test_the_longest_name_that_a_disk_takes_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 251 + ".csv")
    write_whole(path, "x")
    assert path.read_text() == "x"


def test_an_error_names_the_place_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "folder" / "full").mkdir(parents=True)
    for path in (tmp_path / "folder", tmp_path / ("n" * 300)):
        with pytest.raises(OSError) as error:
            write_whole(path, "x")
        assert error.value.filename == str(path)
        message = one_line(error.value)
        assert str(path) in message and "\n" not in message


@pytest.mark.skipif(sys.platform != "linux", reason="other systems find names in any form by themselves")
@pytest.mark.parametrize("on_disk", ["cafe\u0301.jpg".encode(), b"caf\xe9.jpg"])
def test_a_file_is_found_by_a_name_that_reads_the_same(tmp_path: Path, on_disk: bytes) -> None:
    asked = tmp_path / "caf\u00e9.jpg"
    assert find_by_name(asked) == asked and find_by_name(tmp_path / "nowhere" / "a.jpg") == tmp_path / "nowhere" / "a.jpg"
    photo = fakes.photo(tmp_path / os.fsdecode(on_disk))
    assert find_by_name(asked) == photo and readable_name(photo.name) == asked.name
    assert held(asked, ImageSpec()).sha256 == held(photo, ImageSpec()).sha256
    asked.touch()
    assert find_by_name(asked) == asked


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EBADF])
def test_a_file_system_that_cannot_be_flushed_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def cannot(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", cannot)
    write_whole(tmp_path / "a", "x")
    assert (tmp_path / "a").read_text() == "x"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/a"), "cannot use /a: Permission denied; close it in other"),
        (OSError(errno.EIO, "Input/output error", "/a"), "the disk may be failing"),
        (OSError(errno.EIO, "Input/output error"), "the system refuses: Input/output error"),
        (OSError(errno.ENOTSUP, "Operation not supported", "/a"), "cannot use /a: Operation not supported"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "the system refuses: No such file"),
        (shutil.Error([("/a", "/b", "why\nso")]), "the system refuses: [('/a', '/b',"),
        (OSError(), "the system refuses: OSError"),
    ],
)
def test_whatever_the_system_refuses_is_one_line(error: OSError, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)) as told, explaining():
        raise error
    assert "\n" not in str(told.value) and told.value.__cause__ is error


def test_a_folder_is_copied_without_what_systems_add_and_without_modes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick that refuses chmod is no failure."""
    (tmp_path / "from" / "sub").mkdir(parents=True)
    for name in ("a", "sub/b", "left", ".DS_Store", "sub/Thumbs.db", "._a"):
        (tmp_path / "from" / name).write_text(name)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "chmod", refuse)
    monkeypatch.setattr(os, "utime", refuse)
    copy_folder(tmp_path / "from", tmp_path / "to", leave_out=["left"])
    assert sorted(path.relative_to(tmp_path / "to").as_posix() for path in (tmp_path / "to").rglob("*")) == [
        "a",
        "sub",
        "sub/b",
    ]


@pytest.mark.parametrize("known", [True, False])
def test_as_on_macos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    """There, fsync leaves bytes in the cache of the disk; a file system that knows nothing better gets it all the same."""
    done: list[str] = []

    def full(handle: int, _: int) -> None:
        done.append("full")
        if not known:
            raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "fcntl", SimpleNamespace(F_FULLFSYNC=51, fcntl=full))
    monkeypatch.setattr(os, "fsync", lambda _: done.append("usual"))
    write_whole(tmp_path / "a", "x")
    assert done == (["full"] if known else ["full", "usual"])


def test_files_below_a_folder_are_found_once_and_the_hidden_are_named(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "photos", tmp_path / "elsewhere"
    for name in (
        "a.jpg",
        "b/c.jpg",
        ".hidden.jpg",
        ".thumbnails/d.jpg",
        "__MACOSX/a.jpg",
        "._a.jpg",
        "Thumbs.db",
        "b/.DS_Store",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    elsewhere.mkdir()
    (elsewhere / "e.jpg").touch()
    (folder / "linked").symlink_to(elsewhere, target_is_directory=True)
    (elsewhere / "back").symlink_to(folder, target_is_directory=True)
    found = files_in(folder)

    def names(paths: tuple[Path, ...]) -> list[str]:
        return [path.relative_to(folder).as_posix() for path in paths]

    assert names(found.files) == ["a.jpg", "b/c.jpg", "linked/e.jpg"]
    assert names(found.hidden) == [".hidden.jpg", ".thumbnails", "__MACOSX"] and found.unreadable == ()
