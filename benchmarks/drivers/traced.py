"""A command under strace: which sockets it opened and which files it changed, native libraries and children included.

Linux only. Whatever a program does to a network or a file passes the kernel, where `strace -f` sees it. io_uring would pass
it by, and so a ring that is set up counts as a socket.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CHANGES = frozenset({"open", "openat", "creat", "mkdir", "mkdirat", "mknod", "mknodat", "truncate", "rmdir", "unlink"})
_CHANGES |= {"unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"}
_SENDS = frozenset({"connect", "sendto", "sendmsg", "sendmmsg"})
_SOCKETS = _SENDS | {"socket", "bind", "io_uring_setup"}
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)")
_QUOTED = re.compile(r'(?:(\d+|AT_FDCWD)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
_FOR_WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC")
_OF_NO_DISK = ("/dev/", "/proc/")
"""Devices, semaphores and shared memory, and what the kernel tells."""


@dataclass(frozen=True)
class Trace:
    """Everything that a command and its children did to networks and files."""

    sockets: tuple[str, ...]
    """Calls of the kernel, a line each: every socket that is not in the file system, and every attempt to send off it."""
    changed: frozenset[str]
    """Files and folders that were made, opened for writing, renamed or removed, as absolute paths."""

    def changed_outside(self, *folders: Path) -> list[str]:
        """Those that lie in none of the folders."""
        return sorted(path for path in self.changed if not any(Path(path).is_relative_to(folder) for folder in folders))


def strace() -> str | None:
    """Where strace is; None where this system has none."""
    return shutil.which("strace") if sys.platform == "linux" else None


def bare_environment(home: Path, **more: str) -> dict[str, str]:
    """An environment with a home and a folder for temporary files of their own, and nothing that says "test" or "CI".

    ONNX Runtime, for one, sends nothing where CI is set, so that a test there would prove nothing.
    """
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "OMP_NUM_THREADS") if name in os.environ}
    own = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return kept | own | {"PYTHONDONTWRITEBYTECODE": "1"} | more


def tracing(log: Path) -> list[str]:
    """What stands before a command that is traced: it writes a file of calls for each thread to the folder `log`."""
    log.mkdir(parents=True)
    watched = ",".join(sorted(_CHANGES | _SOCKETS))
    quietly = ["--seccomp-bpf", "-y", "-s", "120", "-e", "signal=none"]
    return [strace() or "strace", "-ff", *quietly, "-o", str(log / "thread"), "-e", f"trace={watched}"]


@contextmanager
def traced(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Runs a command in the background, traced to the folder `log`."""
    with subprocess.Popen(
        [*tracing(log), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(environment),
        cwd=log,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def read_trace(log: Path) -> Trace:
    """What the files of `traced` tell, once the command has ended. Raises: ValueError where nothing was traced."""
    files = sorted(log.glob("thread.*"))
    if not files:
        raise ValueError(f"strace wrote nothing to {log}: it may not trace processes here")
    sockets: list[str] = []
    changed: set[str] = set()
    for file in files:
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            call = _CALL.match(line)
            if call is None:
                continue
            name, arguments, returned = call[1], call[2], int(call[3])
            if name in _SOCKETS and _leaves_the_file_system(name, arguments):
                sockets.append(line)
            elif returned >= 0 and _changes(name, arguments):
                changed.update(_paths(name, arguments))
    return Trace(tuple(sockets), frozenset(changed))


def _leaves_the_file_system(name: str, arguments: str) -> bool:
    if name == "socket":
        return not arguments.startswith(("AF_UNIX", "AF_LOCAL"))
    # Without an address it goes where a connection that was counted leads, or to a process of ours.
    return name == "io_uring_setup" or ("sa_family=" in arguments and "sa_family=AF_UNIX" not in arguments)


def _changes(name: str, arguments: str) -> bool:
    if name in ("open", "openat"):
        return _FOR_WRITING.search(arguments) is not None
    # Who talks to a service through a socket in the file system asks another to look a name up, for one.
    return name in _CHANGES or name in ("bind", "connect")


def _paths(name: str, arguments: str) -> Iterator[str]:
    found = [(folder, _unescaped(path)) for _, folder, path in _QUOTED.findall(arguments)]
    # What a link points to does not change; a file that is renamed does at both ends.
    for folder, path in found if name.startswith("rename") else found[-1:]:
        whole = os.path.normpath(Path(folder, path))
        # An unnamed or abstract socket has no path.
        if whole.startswith("/") and not whole.startswith(_OF_NO_DISK):
            yield whole


def _unescaped(name: str) -> str:
    octal = re.sub(rb"\\([0-7]{1,3})", lambda found: bytes([int(found[1], 8)]), name.encode())
    return os.fsdecode(octal.replace(rb"\"", rb'"').replace(rb"\\", b"\\"))
