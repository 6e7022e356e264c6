"""Nothing leaves the machine, as the kernel sees it: no socket but the station's listener, no file outside named folders.

Libraries send their reports late, so each program stays idle for 45 s; all run side by side. `make private` looks at more
commands, and longer.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.drivers import private
from benchmarks.drivers.private import Ran, one_too_many
from benchmarks.drivers.traced import bare_environment, read_trace, strace, traced
from tests import fakes

IDLE_S = 45
NATIVE = """
import ctypes, os, pathlib
library = ctypes.CDLL(None)
library.socket(2, 2, 0)                                               # AF_INET, SOCK_DGRAM: no audit hook of Python sees it
os.close(library.open(os.fsencode(os.environ["HOME"] + "/device id"), os.O_CREAT | os.O_WRONLY, 0o600))
pathlib.Path(os.environ["HOME"], "été").mkdir()
open(os.devnull, "w").close()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if strace() is None:
        reason = "no strace here, which Linux alone has: apt-get install strace"
        if os.environ.get("CI") and sys.platform == "linux":
            pytest.fail(f"{reason}; CI must not leave this proof out")
        pytest.skip(reason)
    return tmp_path_factory.mktemp("private")


@pytest.fixture(scope="module")
def ran(folder: Path) -> dict[str, Ran]:
    """A photo, a folder of photos, and a station with a whole visit."""
    photos = folder / "photos"
    photos.mkdir()
    for name in ("a.jpg", "b.jpg"):
        fakes.photo(photos / name)
    commands = {
        "photo": ["screen", str(photos / "a.jpg"), "--age-years", "63", "--itch", "yes"],
        "folder": ["screen", str(photos), "--out", str(folder / "results" / "out.csv")],
    }
    return private.run_side_by_side(folder, commands, photos / "a.jpg", idle_s=IDLE_S)


def test_a_photo_is_screened_with_no_socket_and_no_file(ran: dict[str, Ran]) -> None:
    assert ran["photo"].code == 0 and "The score is" in ran["photo"].printed, ran["photo"].printed
    assert one_too_many(ran["photo"]) == []


def test_a_folder_is_screened_with_no_socket_and_no_file_but_the_results(ran: dict[str, Ran], folder: Path) -> None:
    results = folder / "results"
    assert ran["folder"].code == 0 and str(results / "out.csv") in ran["folder"].trace.changed, ran["folder"].printed
    assert one_too_many(ran["folder"], results) == []


def test_a_station_opens_its_listener_and_writes_its_records_alone(ran: dict[str, Ran], folder: Path) -> None:
    """During a visit and its slip, and while nobody comes."""
    records = folder / "records"
    assert str(records / "records.sqlite-wal") in ran["serve"].trace.changed, ran["serve"].printed
    assert len(ran["serve"].trace.sockets) == 2
    assert one_too_many(ran["serve"], records) == []


def test_what_native_code_does_is_seen(folder: Path) -> None:
    home = folder / "home"
    with traced([sys.executable, "-c", NATIVE], folder / "native", bare_environment(home)) as process:
        assert process.communicate()[1] == ""
    trace = read_trace(folder / "native")
    (opened,) = trace.sockets
    assert opened.startswith("socket(AF_INET, SOCK_DGRAM")
    assert trace.changed_outside(folder / "elsewhere") == [str(home / "device id"), str(home / "été")]
    assert trace.changed_outside(home) == []
