"""Reads, and changes in place, a few parts of a 64-bit little-endian ELF shared library."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOAD, DYNAMIC, NOTE = 1, 2, 4
EXECUTABLE = 1
_SECTION_PROGBITS, _SECTION_DYNSYM, _SECTION_EXECINSTR = 1, 11, 4
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")


@dataclass(frozen=True)
class Segment:
    """A program header, and where it stands in the file."""

    at: int
    kind: int
    flags: int
    offset: int
    address: int
    size_bytes: int
    align_bytes: int


@dataclass(frozen=True)
class Section:
    """A section header."""

    kind: int
    flags: int
    address: int
    offset: int
    size_bytes: int
    link: int


@dataclass(frozen=True)
class Symbol:
    """A dynamic symbol: its name, where that name stands in the file, and whether the library defines it."""

    name: str
    name_at: int
    defined: bool


class Elf:
    """A library in memory; `data` can be changed and written."""

    def __init__(self, path: Path) -> None:
        """Reads the whole file.

        Raises: ValueError where it is no 64-bit little-endian ELF file.
        """
        self.data = bytearray(path.read_bytes())
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is no 64-bit little-endian ELF file")

    def segments(self) -> list[Segment]:
        """All program headers, in their order."""
        (start,), (count,) = struct.unpack_from("<Q", self.data, 32), struct.unpack_from("<H", self.data, 56)
        found = []
        for at in range(start, start + count * _SEGMENT.size, _SEGMENT.size):
            kind, flags, offset, address, _, size, _, align = _SEGMENT.unpack_from(self.data, at)
            found.append(Segment(at, kind, flags, offset, address, size, align))
        return found

    def sections(self) -> list[Section]:
        """All section headers, in their order."""
        (start,), (count,) = struct.unpack_from("<Q", self.data, 40), struct.unpack_from("<H", self.data, 60)
        found = []
        for at in range(start, start + count * _SECTION.size, _SECTION.size):
            _, kind, flags, address, offset, size, link, _, _, _ = _SECTION.unpack_from(self.data, at)
            found.append(Section(kind, flags, address, offset, size, link))
        return found

    def code(self) -> list[Section]:
        """The sections that hold instructions."""
        return [part for part in self.sections() if part.kind == _SECTION_PROGBITS and part.flags & _SECTION_EXECINSTR]

    def symbols(self) -> Iterator[Symbol]:
        """The dynamic symbols that have a name."""
        sections = self.sections()
        for table in (part for part in sections if part.kind == _SECTION_DYNSYM):
            names = sections[table.link].offset
            for at in range(table.offset, table.offset + table.size_bytes, _SYMBOL.size):
                name, _, _, section, _, _ = _SYMBOL.unpack_from(self.data, at)
                if name:
                    end = self.data.index(0, names + name)
                    yield Symbol(self.data[names + name : end].decode(), names + name, section != 0)

    def page_bytes(self) -> int:
        """The largest page that this library can be mapped on: 16384 is what new phones ask for."""
        return min(segment.align_bytes for segment in self.segments() if segment.kind == LOAD)

    def replace_segment(self, at: int, values: tuple[int, int, int, int, int, int, int, int]) -> None:
        """Writes a program header: kind, flags, offset, address, address, size in the file, size in memory, alignment."""
        _SEGMENT.pack_into(self.data, at, *values)
