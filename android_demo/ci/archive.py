"""Zip files whose stored members begin where Android can map them into memory."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

PAGE_BYTES = 16_384
"""Of the newest phones; phones with pages of 4 KB take it as well. Debian's zipalign knows 4 KB only."""
WORD_BYTES = 4
_ALIGNMENT_FIELD = 0xD935
"""The extra field in which Android's tools keep an alignment, so that signing keeps it."""
_HEADER_BYTES = 30


def alignment(name: str) -> int:
    """To how many bytes a stored member must be aligned."""
    return PAGE_BYTES if name.endswith(".so") else WORD_BYTES


def write_aligned(path: Path, members: Iterator[tuple[str, bytes, int]]) -> None:
    """Writes members, given as name, data and how to compress. The same members give the same bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data, how in members:
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = how
            if how == zipfile.ZIP_STORED:
                multiple, fixed = alignment(name), struct.calcsize("<HHH")
                assert archive.fp is not None
                start = archive.fp.tell() + _HEADER_BYTES + len(name.encode()) + fixed
                padding = -start % multiple
                info.extra = struct.pack("<HHH", _ALIGNMENT_FIELD, 2 + padding, multiple) + bytes(padding)
            archive.writestr(info, data)


def misaligned(path: Path) -> list[str]:
    """The stored members that are not aligned, and libraries that are not stored."""
    problems = []
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        for info in archive.infolist():
            if info.compress_type != zipfile.ZIP_STORED:
                if info.filename.endswith(".so"):
                    problems.append(f"{info.filename} is compressed, so that it cannot be mapped")
                continue
            file.seek(info.header_offset + 26)
            name_bytes, extra_bytes = struct.unpack("<HH", file.read(4))
            start = info.header_offset + _HEADER_BYTES + name_bytes + extra_bytes
            if start % alignment(info.filename):
                problems.append(f"{info.filename} begins at {start}, expected a multiple of {alignment(info.filename)}")
    return problems
