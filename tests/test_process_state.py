"""A library call changes nothing of the process that other threads share: filters, loggers, umask, files, signals."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from skinedge.contract import ImageSpec
from skinedge.files import write_whole
from skinedge.preprocess.photo import load_photo
from skinedge.runtime import silence
from skinedge.screening.screener import Screener
from tests import fakes


def umask() -> int | None:
    """Read without setting it, where the system tells."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1], 8) for line in lines if line.startswith("Umask")), None)


def state() -> dict[str, object]:
    loggers = [logging.getLogger(name) for name in sorted(logging.root.manager.loggerDict)]
    return {
        "filters": list(warnings.filters),
        "shown by": warnings.showwarning,
        "loggers": {logger.name: logger.level for logger in loggers if logger.level},
        "disabled": logging.root.manager.disable,
        "environ": dict(os.environ),
        "folder": Path.cwd(),
        "umask": umask(),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "streams": (sys.stdout, sys.stderr, os.fstat(1), os.fstat(2).st_ino),
    }


def open_files() -> int | None:
    listed = Path("/proc/self/fd")
    return len(list(listed.iterdir())) if listed.is_dir() else None


def setters(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what sets something for the whole process, as they are called in whatever thread."""
    called: list[str] = []

    def noting(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            called.append(name)
            return real(*args, **kwargs)

        return call

    for owner, name in (
        (os, "umask"),
        (os, "dup2"),
        (os, "chdir"),
        (os, "putenv"),
        (signal, "signal"),
        (logging, "disable"),
        (logging.Logger, "setLevel"),
        (warnings, "simplefilter"),
        (warnings, "filterwarnings"),
        (warnings.catch_warnings, "__enter__"),
    ):
        monkeypatch.setattr(owner, name, noting(name, getattr(owner, name)))
    return called


def test_screening_in_threads_leaves_the_process_as_it_was(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [fakes.photo(tmp_path / f"{number}.jpg") for number in range(8)]
    odd = Image.open(photos[0])
    exif = odd.getexif()
    exif[0x112] = 6
    odd.save(photos[0], exif=exif.tobytes()[:-3])  # Pillow warns of it
    Screener(bundle, allow_unsigned=True).screen(photos[1], {})  # Imports are over.
    before, files = state(), open_files()
    called = setters(monkeypatch)
    seen: list[dict[str, object]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.append(state())

    def screen(photo: Path) -> None:
        Screener(bundle, allow_unsigned=True).screen(photo, {})
        load_photo(photo, ImageSpec(side_px=64))
        write_whole(tmp_path / f"{photo.stem}.txt", "x")

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(screen, photos))
    stop.set()
    watcher.join()
    assert called == []
    assert seen and all(moment == before for moment in seen) and state() == before
    assert open_files() == files


def test_a_library_call_leaves_the_terminal_alone_and_the_command_line_does_not(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def load() -> None:
        with silence.quiet_loading(printed):
            os.write(2, b"native")
            print("python", file=sys.stderr)

    printed: list[str] = []
    load()
    assert capfd.readouterr().err == "nativepython\n" and printed == []
    with silence.hiding():
        load()
    assert capfd.readouterr().err == "" and sorted(printed) == ["native", "python\n"]
    load()
    assert "native" in capfd.readouterr().err


def test_the_command_line_puts_back_what_it_sets() -> None:
    from skinedge.commands.process import quiet_libraries

    before = state()
    with quiet_libraries():
        assert not logging.getLogger("torch").isEnabledFor(logging.WARNING)
        assert warnings.filters[-1][0] == "ignore"
    assert state() == before
