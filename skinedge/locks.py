"""Locks of the operating system, which end with the process that holds them, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TAKEN = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK})
_BEYOND = 1 << 40
"""On Windows nobody else may read a locked byte: this one lies beyond every file."""


def try_lock(handle: int, *, wait: bool = False) -> bool | None:
    """Locks an open file, on Linux and macOS also a folder, until the handle is closed or this process ends in any way.

    Returns: whether it is locked; False where another handle has it, None where this system or file system knows no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            at = os.lseek(handle, 0, os.SEEK_CUR)
            os.lseek(handle, _BEYOND, os.SEEK_SET)
            try:
                msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(handle, at, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        return False if error.errno in _TAKEN else None
    return True


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[bool | None]:
    """Locks a file or folder that is there, for the length of a block. Gives what `try_lock` returns."""
    try:
        handle = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except OSError:  # Nothing is there, or it may not be opened.
        yield None
        return
    try:
        yield try_lock(handle, wait=wait)
    finally:
        os.close(handle)
