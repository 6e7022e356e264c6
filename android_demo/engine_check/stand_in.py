"""Makes a copy of an Android library that the C library of Debian can load, beside the stand-ins of `bionic.c`.

Android's and Debian's C libraries name versions of symbols differently, so the versions are taken out. Functions that both
have, but with other numbers or structures, are renamed, so that they reach the stand-in and not Debian's. No instruction is
touched: what runs is the code that a phone runs.
"""

from __future__ import annotations

import struct
from pathlib import Path

from android_demo.engine_check.elf import DYNAMIC, Elf

RENAMED = {
    "sysconf",
    "newlocale",
    "fflush",
    "fwrite",
    "fprintf",
    "vfprintf",
    "fputc",
    "fputs",
    "pthread_mutex_init",
    "strerror_r",
}
"""Functions that `bionic.c` defines with the first letter replaced by B."""
_VERSION_TAGS = {0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF}
_DEBUG_TAG = 21
_ENTRY = struct.Struct("<QQ")


def write_copy(source: Path, target: Path) -> None:
    """Writes the copy.

    Raises: ValueError where a name cannot be changed without changing another.
    """
    library = Elf(source)
    for segment in library.segments():
        if segment.kind == DYNAMIC:
            for at in range(segment.offset, segment.offset + segment.size_bytes, _ENTRY.size):
                tag, _ = _ENTRY.unpack_from(library.data, at)
                if tag in _VERSION_TAGS:  # The linker ignores this tag, and one cannot simply be left out.
                    _ENTRY.pack_into(library.data, at, _DEBUG_TAG, 0)
    symbols = list(library.symbols())
    places = {symbol.name_at for symbol in symbols if not symbol.defined and symbol.name in RENAMED}
    for symbol in symbols:
        inside = range(symbol.name_at, symbol.name_at + len(symbol.name))
        if any(place in inside and (place != symbol.name_at or symbol.defined) for place in places):
            raise ValueError(f"{source}: {symbol.name} shares its letters with a function that has to be renamed")
    for place in places:
        library.data[place] = ord("B")
    target.write_bytes(library.data)
