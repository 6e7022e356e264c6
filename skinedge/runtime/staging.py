"""Writes folders and files in full or not at all: a killed writer leaves the old ones in place.

A folder is swapped in one step by the kernel (renameat2 on Linux, renamex_np on macOS): at every moment there is the old
folder or the new one. Where a file system cannot do that, the old folder steps aside to `.NAME.old` first, and `recover`,
which every reader and writer calls, puts it back should the writer have died before the new one was in place.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex

from skinedge.files import flush_handle
from skinedge.locks import locked

_EXCHANGE, _HERE = 2, -100  # RENAME_EXCHANGE or RENAME_SWAP, and AT_FDCWD of Linux
_LOCK = "lock"
_STAGED = re.compile(r"\.(.+)\.tmp-[0-9a-f]{8}", re.DOTALL)
_TAKEN = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.EACCES, errno.EPERM})


@contextmanager
def replacing_folder(out: Path) -> Iterator[Path]:
    """A fresh folder beside `out` that replaces it at the end of the block, and vanishes where the block raises."""
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    recover(out)
    with staging(out) as temporary:
        fresh = temporary / "new"
        fresh.mkdir()
        yield fresh
        # A name must not reach the disk before what it names.
        for path in (*fresh.rglob("*"), fresh):
            flush(path)
        _swap_in(fresh, out)
        flush(out.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file of a folder. It is made beside the folder, which only ever holds complete files."""
    folder = path.parent.resolve()
    with staging(folder) as temporary:
        fresh = temporary / path.name
        fresh.write_bytes(data)
        flush(fresh)
        fresh.replace(path)
        flush(folder)


def recover(out: Path) -> None:
    """Puts the old folder back where a writer died between moving it aside and moving the new one in."""
    try:
        out = out.resolve()
        old = _aside(out)
        if old.is_dir() and not out.exists():
            old.rename(out)
    except (OSError, RuntimeError, ValueError):  # Somebody was faster, nothing may be written here, or this is no path.
        return


def _swap_in(fresh: Path, out: Path) -> None:
    try:
        fresh.rename(out)  # Nothing there, or an empty folder.
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
        if not exchange(fresh, out):
            with _locked(out.parent, wait=True):
                old = _aside(out)
                shutil.rmtree(old, ignore_errors=True)
                out.rename(old)
                fresh.rename(out)
                shutil.rmtree(old, ignore_errors=True)


def exchange(one: Path, other: Path) -> bool:
    """Swaps two folders in one step. Returns whether this system and file system can."""
    if sys.platform not in ("linux", "darwin"):
        return False
    paths = os.fsencode(one), os.fsencode(other)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            return bool(library.renameat2(_HERE, paths[0], _HERE, paths[1], ctypes.c_uint(_EXCHANGE)) == 0)
        return bool(library.renamex_np(*paths, ctypes.c_uint(_EXCHANGE)) == 0)
    except (AttributeError, OSError):  # A C library older than the call.
        return False


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """A folder beside `out`, locked for as long as this process lives. Those of writers that were killed are removed."""
    with ExitStack() as stack:
        # Held for a moment, so that a new folder does not count as a left-over before it is locked.
        with _locked(out.parent, wait=True) as alone:
            if alone:
                _remove_left_overs(out)
            temporary = out.parent / f".{out.name}.tmp-{token_hex(4)}"
            # Not `mkdtemp`: on Windows, files made in its folders stay closed to other users when they are moved out.
            temporary.mkdir(mode=0o777 if sys.platform == "win32" else 0o700)
            # Not the folder itself: whoever stages in it would wait for this lock.
            (temporary / _LOCK).touch()
            stack.enter_context(_locked(temporary / _LOCK, wait=False))
            stack.callback(shutil.rmtree, temporary, ignore_errors=True)
        yield temporary


def _remove_left_overs(out: Path) -> None:
    """Removes what killed writers left beside `out`, under any name: a bundle's next version often has a new one."""
    if out.exists():
        shutil.rmtree(_aside(out), ignore_errors=True)
    for left in out.parent.iterdir():
        name, lock = _STAGED.fullmatch(left.name), left / _LOCK
        if name is None or left.is_symlink() or not left.is_dir():
            continue
        with _locked(lock, wait=False) as dead:
            # Under our own name, also one that was killed before it had a lock, or while it removed its folder.
            if dead or (name[1] == out.name and not lock.exists()):
                shutil.rmtree(left, ignore_errors=True)


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")


@contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[bool | None]:
    """As `locks.locked`. Never on Windows, where an open lock keeps its folder from being removed: left-overs stay."""
    if sys.platform == "win32":
        yield None
        return
    with locked(path, wait=wait) as held:
        yield held


def flush(path: Path) -> None:
    """Has the disk write a file or folder. Raises: OSError where the disk is full or failing."""
    try:
        # Windows flushes only what is open for writing, and opens no folders.
        handle = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except OSError:
        return
    try:
        flush_handle(handle)
    finally:
        os.close(handle)
