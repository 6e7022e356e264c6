"""A disk that loses its power: an ext4 file system in a file of its own, for drivers on Linux that run as root.

`cut` asks the kernel to shut the file system down without writing anything more, as xfstests' `godown` does: what no program
had synced is gone, names too, and mounting it again replays the journal as a computer does that starts after a power cut.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from pathlib import Path

_SHUTDOWN = 0x8004587D
"""FS_IOC_SHUTDOWN, _IOR('X', 125, __u32)."""
_NO_LOG_FLUSH = 2
_SIZE_BYTES = 1 << 30
_PROBE = "not-synced"


class Disk:
    """A mounted disk within a `with` block."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made. Raises: PermissionError where nobody may mount here."""
        if os.geteuid() != 0:
            raise PermissionError("mounting a disk needs root: run make cut-station as root, on Linux with loop devices")
        self._image = folder / "image"
        self.mounted = folder / "mounted"

    def __enter__(self) -> Disk:
        self.mounted.mkdir(parents=True)
        with self._image.open("wb") as image:
            image.truncate(_SIZE_BYTES)
        _run("mkfs.ext4", "-q", str(self._image))
        self._mount()
        return self

    def __exit__(self, *_: object) -> None:
        _run("umount", str(self.mounted))

    def cut(self) -> None:
        """From now on nothing reaches the disk, and every later sync fails."""
        (self.mounted / _PROBE).write_bytes(b"never synced")
        handle = os.open(self.mounted, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(handle)

    def start_again(self) -> None:
        """Mounts the disk after a cut. Raises: AssertionError where the cut lost nothing, and so tests nothing."""
        _run("umount", str(self.mounted))
        self._mount()
        probe = self.mounted / _PROBE
        assert not probe.exists() or not probe.read_bytes(), "the disk kept what was never synced"
        probe.unlink(missing_ok=True)

    def _mount(self) -> None:
        # Else the kernel itself syncs everything every five seconds.
        _run("mount", "-o", "loop,commit=600", str(self._image), str(self.mounted))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
