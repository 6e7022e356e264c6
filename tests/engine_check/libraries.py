"""Writes the smallest arm64 libraries that the tests need."""

from __future__ import annotations

import struct
from pathlib import Path

CODE_AT, CODE_ADDRESS = 0x200, 0x4200
RET, CBZ_W16 = 0xD65F03C0, 0x34000050


def write_library(path: Path, words: list[int], *, with_note: bool = True, align_bytes: int = 0x4000) -> Path:
    """An ELF file with one segment and one section of code, which holds `words`, and one segment of notes."""
    code = struct.pack(f"<{len(words)}I", *words)
    size = CODE_AT + len(code)
    segments = [(1, 5, 0, CODE_ADDRESS - CODE_AT, CODE_ADDRESS - CODE_AT, size, size, align_bytes)]
    segments += [(4, 4, 0x180, 0x4180, 0x4180, 16, 16, 4)] if with_note else []
    sections = [(0,) * 10, (0, 1, 6, CODE_ADDRESS, CODE_AT, len(code), 0, 0, 4, 0)]
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 183, 1, 0, 64, size, 0, 64, 56, len(segments), 64, len(sections), 0)
    body = header + b"".join(struct.pack("<IIQQQQQQ", *segment) for segment in segments)
    table = b"".join(struct.pack("<IIQQQQIIQQ", *section) for section in sections)
    path.write_bytes(body.ljust(CODE_AT, b"\0") + code + table)
    return path
