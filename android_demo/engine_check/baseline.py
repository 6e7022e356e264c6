"""Makes a copy of an arm64 library that also runs on ARMv8.0: `ldadd` becomes the loop that such processors use.

Each instruction is replaced by a branch to a few instructions at the end of the file, which do the same and branch back:

    stp   old, new, [sp, #-32]!     registers that the instruction does not use
    str   failed, [sp, #16]
  again:
    ldaxr old, [address]
    add   new, old, value
    stlxr failed, new, [address]
    cbnz  failed, again
    mov   result, old               after which `failed`, `old` and `new` get their values back

Reading with acquire and writing with release orders memory at least as strictly as any form of `ldadd`. The new code needs a
program header: it takes that of the notes (build id), which no Android linker needs. Nothing else of the file changes.
"""

from __future__ import annotations

import struct
from pathlib import Path

from android_demo.engine_check.elf import EXECUTABLE, LOAD, NOTE, Elf
from android_demo.engine_check.instructions import Instruction, newer_atomics

_PAGE_BYTES = 0x4000
_READABLE = 4
_STACK_POINTER = _ZERO = 31
_BRANCH = 0x14000000


def write_baseline(source: Path, target: Path) -> int:
    """Writes the copy. Returns how many instructions were replaced.

    Raises: ValueError where the library has other unguarded instructions than `ldadd`, or no place for the header.
    """
    library = Elf(source)
    bare, _ = newer_atomics(library)
    others = sorted({found.family for found in bare} - {"ldadd"})
    if others:
        raise ValueError(f"{source} uses {', '.join(others)} without asking: only ldadd can be replaced")
    if not bare:
        target.write_bytes(library.data)
        return 0
    segments = library.segments()
    notes = [segment for segment in segments if segment.kind == NOTE]
    loads = [segment for segment in segments if segment.kind == LOAD]
    if not notes or notes[-1].at < loads[-1].at:
        raise ValueError(f"{source} has no program header of notes behind those of code and data")
    offset = _round_up(len(library.data), _PAGE_BYTES)
    last = struct.unpack_from("<Q", library.data, loads[-1].at + 40)[0] + loads[-1].address
    address = _round_up(last, _PAGE_BYTES)
    code = bytearray()
    for found in bare:
        here = address + len(code)
        struct.pack_into("<I", library.data, found.offset, _branch(found.address, here))
        words = loop(found)
        words.append(_branch(here + 4 * len(words), found.address + 4))
        code += struct.pack(f"<{len(words)}I", *words)
    library.data += bytes(offset - len(library.data)) + code
    library.replace_segment(
        notes[-1].at,
        (LOAD, _READABLE | EXECUTABLE, offset, address, address, len(code), len(code), _PAGE_BYTES),
    )
    target.write_bytes(library.data)
    return len(bare)


def loop(found: Instruction) -> list[int]:
    """The instructions that do what one `ldadd` of 32 or 64 bits does, without the branch back.

    Raises: ValueError where it works on 8 or 16 bits, or on the stack itself.
    """
    size, value, address, result = found.word >> 30, found.word >> 16 & 31, found.word >> 5 & 31, found.word & 31
    if size < 2 or address == _STACK_POINTER:
        raise ValueError(f"the instruction {found.word:#010x} at {found.address:#x} is of a kind that is not replaced")
    wide = 0x80000000 if size == 3 else 0
    old, new, failed = [register for register in range(9, 16) if register not in (value, address, result)][:3]
    words = [
        0xA9BE0000 | new << 10 | _STACK_POINTER << 5 | old,  # stp old, new, [sp, #-32]!
        0xF9000BE0 | failed,  # str failed, [sp, #16]
        0x885FFC00 | wide >> 1 | address << 5 | old,  # ldaxr old, [address]
        0x0B000000 | wide | value << 16 | old << 5 | new,  # add new, old, value
        0x8800FC00 | wide >> 1 | failed << 16 | address << 5 | new,  # stlxr failed, new, [address]
        0x35000000 | (-3 & 0x7FFFF) << 5 | failed,  # cbnz failed, ldaxr
    ]
    if result != _ZERO:
        words.append(0x2A0003E0 | wide | old << 16 | result)  # mov result, old
    return [
        *words,
        0xF9400BE0 | failed,  # ldr failed, [sp, #16]
        0xA8C20000 | new << 10 | _STACK_POINTER << 5 | old,  # ldp old, new, [sp], #32
    ]


def _branch(here: int, there: int) -> int:
    words = (there - here) // 4
    if not -(1 << 25) <= words < 1 << 25:
        raise ValueError(f"{there:#x} is too far from {here:#x} for a branch")
    return _BRANCH | words & 0x3FFFFFF


def _round_up(value: int, step: int) -> int:
    return -(-value // step) * step
