"""A writer that is killed leaves the old bundle or the new one, and nothing for ever."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.drivers import bundle_kill
from skinedge.runtime import staging
from skinedge.runtime.bundle import open_bundle
from skinedge.runtime.staging import exchange, recover, replace_file, replacing_folder
from tests import fakes


def killed(tmp_path: Path, kills: int, how: str) -> dict[str, Any]:
    fakes.write_bundle(tmp_path / "sample")
    fakes.new_keys(tmp_path / "k")
    command = [sys.executable, bundle_kill.__file__, str(tmp_path), str(kills), how]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_killed_writer_leaves_a_whole_bundle(tmp_path: Path) -> None:
    found = killed(tmp_path, 100, "swap")
    assert found["half_made"] >= 10, "kills that all miss the writing prove nothing"
    assert found["left"] == []
    if sys.platform == "linux":
        assert found["away"] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_without_a_swap_the_old_bundle_is_put_back(tmp_path: Path) -> None:
    found = killed(tmp_path, 40, "aside")
    assert found["away"] >= 1, "no kill fell between the two renames"
    assert found["left"] == []


def test_folders_are_swapped_in_one_step(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / folder.name).touch()
    if not exchange(one, other):
        pytest.skip("this file system cannot")
    assert (one / "other").exists() and (other / "one").exists()
    assert not exchange(one, tmp_path / "nothing")


@pytest.mark.parametrize("can_swap", [True, False])
def test_the_new_folder_takes_the_place_of_whatever_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_swap: bool
) -> None:
    if not can_swap:
        monkeypatch.setattr(staging, "exchange", lambda *_: False)
    out = tmp_path / "a" / "out[1]"
    for content in ("first", "second"):
        with replacing_folder(out) as fresh:
            (fresh / content).touch()
        assert [path.name for path in out.iterdir()] == [content]
    assert [path.name for path in out.parent.iterdir()] == ["out[1]"]


def test_an_error_leaves_the_old_folder(tmp_path: Path) -> None:
    fakes.write_bundle(tmp_path / "out")
    with pytest.raises(ZeroDivisionError), replacing_folder(tmp_path / "out") as fresh:
        (fresh / "half").touch()
        raise ZeroDivisionError
    open_bundle(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_writer_that_lives_keeps_its_folder(tmp_path: Path) -> None:
    with replacing_folder(tmp_path / "out") as one:
        (one / "one").touch()
        with replacing_folder(tmp_path / "out") as other:
            (other / "other").touch()
        assert (one / "one").exists() and (tmp_path / "out" / "other").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"] and (tmp_path / "out" / "one").exists()


def test_what_was_killed_under_another_name_is_removed_by_the_next_writer_there(tmp_path: Path) -> None:
    """An export of a new version gets a new name. Who lives, and what only looks alike, stays."""
    code = (
        "import os, sys, signal\nfrom pathlib import Path\nfrom skinedge.runtime.staging import replacing_folder\n"
        "with replacing_folder(Path(sys.argv[1])) as fresh:\n"
        "    (fresh / 'half').touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "v1")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".v1.tmp-") and (left / "new" / "half").exists()
    users_own = tmp_path / ".notes.tmp-0123abcd"
    users_own.mkdir()
    with replacing_folder(tmp_path / "alive") as living:
        with replacing_folder(tmp_path / "v2") as fresh:
            (fresh / "whole").touch()
        assert living.exists() and not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [users_own.name, "alive", "v2"]


def test_a_link_to_a_bundle_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "old").touch()
    (tmp_path / "current").symlink_to("v1")
    with replacing_folder(tmp_path / "current") as fresh:
        (fresh / "new").touch()
    assert (tmp_path / "current").is_symlink() and (tmp_path / "v1" / "new").exists()


def test_a_file_is_replaced_from_outside_its_folder(bundle: Path) -> None:
    replace_file(bundle / "model_card.md", b"new")
    assert (bundle / "model_card.md").read_bytes() == b"new"
    assert [path.name for path in bundle.parent.iterdir()] == [bundle.name]


def test_what_stepped_aside_is_found_by_whoever_opens_it(bundle: Path) -> None:
    bundle.rename(bundle.with_name(f".{bundle.name}.old"))
    open_bundle(bundle)
    recover(Path("a\0b"))
    loop = bundle.parent / "loop"
    loop.symlink_to(loop)
    recover(loop)


def test_as_on_windows(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No locks, no exchange, no folder that can be opened, and no rename over what is there."""
    rename, opening = Path.rename, os.open

    def strict(path: Path, target: Path) -> Path:
        if target.exists():
            raise FileExistsError(errno.EEXIST, "Cannot create a file when that file already exists", str(path))
        return rename(path, target)

    def opened(path: Path, flags: int, *rest: int, **more: Any) -> int:
        if Path(path).is_dir() and "dir_fd" not in more:  # What `shutil.rmtree` gives, which opens no folder on Windows.
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opening(path, flags, *rest, **more)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(Path, "rename", strict)
    monkeypatch.setattr(os, "open", opened)
    for number in range(2):
        with replacing_folder(bundle) as fresh:
            (fresh / "new").write_text(str(number))
    assert (bundle / "new").read_text() == "1"
    assert sorted(entry.name for entry in bundle.parent.iterdir() if entry.name.startswith(".")) == []
    replace_file(bundle / "new", b"2")
    assert (bundle / "new").read_bytes() == b"2"
