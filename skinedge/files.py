"""Finds files, writes them in full or not at all, and explains where a path cannot be written."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import unicodedata
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Literal

from skinedge.errors import ConfigError

SYSTEM_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
"""What macOS and Windows put into every folder that is looked at, in lower case."""
_OF_MACOS = frozenset({"__MACOSX"})
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_NOT_FLUSHED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_IN_USE = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, getattr(errno, "ETXTBSY", errno.EBUSY)})
_FAILING = frozenset({errno.EIO, getattr(errno, "EUCLEAN", errno.EIO)})


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file, text as UTF-8, beside its place and moves it in. Raises: OSError; what was there before is then left.

    A bundle's files go through `skinedge.runtime.staging`, which also outlives a power cut.
    """
    # A short name: beside a name of the longest that a disk takes there is still room for it.
    partial = path.with_name(f".{token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # The system takes the umask from the mode: whoever may read this user's other files may read this one.
            with os.fdopen(os.open(partial, _NEW, 0o666), "wb") as file:
                file.write(content.encode("utf-8") if isinstance(content, str) else content)
                file.flush()
                # A USB stick is pulled out as soon as the command ends.
                flush_handle(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        # The error names the requested path, not the file beside it.
        raise OSError(error.errno, error.strerror, str(path)) from None


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Writes a file that must not be there yet, with its mode from the start, in full or not at all. Raises: OSError."""
    with os.fdopen(os.open(path, _NEW, mode), "wb") as file:
        try:
            file.write(content)
            file.flush()
            flush_handle(file.fileno())
        except BaseException:
            path.unlink()
            raise


def check_suffix(path: Path, option: str, *suffixes: str) -> None:
    """Raises: ConfigError for the name of another kind of file, which may be one of the user's own."""
    if path.suffix.lower() not in suffixes:
        raise ConfigError(f"{option} {path}: expected a name that ends in {' or '.join(suffixes)}")


def flush_handle(handle: int) -> None:
    """Has the disk write an open file or folder. Raises: OSError where the disk is full or failing."""
    try:
        if sys.platform == "darwin":
            import fcntl

            try:  # There, fsync leaves the bytes in the cache of the disk.
                fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
                return
            except OSError:  # This file system does not know it.
                pass
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_FLUSHED:
            raise


def copy_folder(source: Path, into: Path, *, leave_out: Container[str] = ()) -> None:
    """Copies what lies in a folder into another, without what systems add, and without modes and times.

    Many sticks refuse those, which `shutil.copytree` takes for a failure.
    """
    into.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.name in leave_out or is_system_file(path.name):
            continue
        if path.is_dir():
            copy_folder(path, into / path.name, leave_out=leave_out)
        else:
            shutil.copyfile(path, into / path.name)


def readable_name(name: str) -> str:
    """A file's name as people write it, in one normal form: a disk of another system may have it in another encoding."""
    try:
        text = os.fsencode(name).decode("utf-8")
    except UnicodeDecodeError:
        text = os.fsencode(name).decode("cp1252", errors="replace")
    return unicodedata.normalize("NFC", text)


def find_by_name(path: Path) -> Path:
    """The path, or where nothing is there, the one file of its folder whose name reads the same."""
    if os.path.lexists(path):
        return path
    try:
        alike = [entry for entry in path.parent.iterdir() if readable_name(entry.name) == readable_name(path.name)]
    except OSError:
        return path
    return alike[0] if len(alike) == 1 else path


def is_system_file(name: str) -> bool:
    """Whether a file is one that macOS or Windows adds by itself to folders that are looked at or copied."""
    return name.lower() in SYSTEM_FILES or name.startswith("._")


@dataclass(frozen=True)
class FilesIn:
    """What lies below a folder, sorted."""

    files: tuple[Path, ...]
    hidden: tuple[Path, ...]
    """Hidden files and folders, and what macOS packs beside photos. What is in such a folder is not looked at."""
    unreadable: tuple[Path, ...]
    """Folders that could not be opened."""


def files_in(folder: Path) -> FilesIn:
    """All files below a folder, also in folders that it links to, each folder once; without those that systems add."""
    found: list[Path] = []
    hidden: list[Path] = []
    unreadable: list[Path] = []
    visited: set[tuple[int, int]] = set()

    def failed(error: OSError) -> None:
        unreadable.append(Path(os.fsdecode(error.filename)))

    for at, folders, names in os.walk(folder, followlinks=True, onerror=failed):
        here = Path(at)
        identity = here.stat()
        if (identity.st_dev, identity.st_ino) in visited:
            folders.clear()  # A link back.
            continue
        visited.add((identity.st_dev, identity.st_ino))
        out_of_sight = [name for name in (*folders, *names) if name.startswith(".") or name in _OF_MACOS]
        hidden += [here / name for name in out_of_sight if not is_system_file(name)]
        folders[:] = sorted(set(folders) - set(out_of_sight))
        found += [here / name for name in set(names) - set(out_of_sight) if not is_system_file(name)]
    return FilesIn(tuple(sorted(found)), tuple(sorted(hidden)), tuple(sorted(unreadable)))


def check_place(path: Path, option: str, kind: Literal["file", "folder", "swapped folder"] = "file") -> None:
    """Checks, before work that takes minutes, that something can be written at a path. Makes nothing.

    Args:
        option: what the user gave the path with, such as `--out`.
        kind: "folder" is written into; "swapped folder" is made beside its place and moved in, as files are.

    Raises: ConfigError. What shows only on writing is an OSError then.
    """
    wanted = "file" if kind == "file" else "folder"
    try:
        if "\0" in str(path):
            raise ConfigError(f"cannot write {option} {str(path)!r}: a name with a zero byte; give another place")
        if path.exists() and not (path.is_file() if kind == "file" else path.is_dir()):
            found = "folder" if path.is_dir() else "file" if path.is_file() else "device"
            raise ConfigError(f"cannot write {option} {path}: it is a {found}; give the name of a {wanted}")
        place = path.absolute() if kind == "folder" else path.absolute().parent
        while not place.exists():
            place = place.parent
        if not place.is_dir():
            raise ConfigError(f"cannot write {option} {path}: {place} is a file; give another place")
        if not os.access(place, os.W_OK | os.X_OK):
            raise ConfigError(f"cannot write {option} {path}: nothing may be written in {place}; give another place")
    except OSError as error:
        raise ConfigError(f"cannot write {option} {path}: {error.strerror}; give another place") from None


@contextmanager
def explaining() -> Iterator[None]:
    """Makes what the system refuses an error for users. Raises: ConfigError, one line, in place of any OSError."""
    try:
        yield
    except OSError as error:
        raise ConfigError(one_line(error)) from error


def one_line(error: OSError) -> str:
    """The message for the user: what the system refused, where, and what to do."""
    if error.errno in _FULL:
        return "the disk is full: free some space and run the command again"
    # Some errors of libraries have neither a number nor a place, and others several lines.
    why = error.strerror or " ".join(str(error).split()) or type(error).__name__
    place = error.filename2 or error.filename
    if place is None or isinstance(place, int):
        return f"the system refuses: {why}; look after the disk or the network, and run the command again"
    if error.errno in _IN_USE:
        return f"cannot use {os.fsdecode(place)}: {why}; close it in other programs, or give another place"
    if error.errno in _FAILING:
        return f"cannot use {os.fsdecode(place)}: {why}; the disk may be failing: copy what is on it, and give another place"
    return f"cannot use {os.fsdecode(place)}: {why}; give another place"
