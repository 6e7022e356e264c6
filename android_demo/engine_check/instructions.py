"""Finds instructions of an arm64 library that ARMv8.0 processors (Cortex-A35, A53, A57, A72, A73) do not have.

Only atomics are looked for. Dot products and half floats of ARMv8.2 are in every library with XNNPACK or MLAS, which ask the
processor before they use them. Atomics are different: a compiler puts them anywhere. With `-moutline-atomics` it puts them
into small helpers that ask first, and those are known by their shape: `cbz w16, …`, the instruction, `ret`.

Source: Arm Architecture Reference Manual for A-profile, C4.1 (encoding index), "Loads and stores".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from android_demo.engine_check.elf import Elf

_PATTERNS = {
    "cas": (0x3FA07C00, 0x08A07C00),
    "casp": (0xBFA07C00, 0x08207C00),
    "swp": (0x3F20FC00, 0x38208000),
    "ldadd": (0x3F20FC00, 0x38200000),
    "ldclr": (0x3F20FC00, 0x38201000),
    "ldeor": (0x3F20FC00, 0x38202000),
    "ldset": (0x3F20FC00, 0x38203000),
    "ldsmax": (0x3F20FC00, 0x38204000),
    "ldsmin": (0x3F20FC00, 0x38205000),
    "ldumax": (0x3F20FC00, 0x38206000),
    "ldumin": (0x3F20FC00, 0x38207000),
    "ldapr": (0x3FFFFC00, 0x38BFC000),
}
"""Mask and value by the name of a family. ldapr is of ARMv8.3, all others of ARMv8.1."""
_CBZ_W16 = (0xFF00001F, 0x34000010)
_RET = 0xD65F03C0


@dataclass(frozen=True)
class Instruction:
    """One instruction, with its address in memory and its offset in the file."""

    family: str
    address: int
    offset: int
    word: int


def newer_atomics(library: Elf) -> tuple[list[Instruction], int]:
    """Searches an arm64 library. Returns the instructions that nothing guards, by address, and how many are guarded."""
    bare: list[Instruction] = []
    guarded = 0
    for section in library.code():
        words = np.frombuffer(bytes(library.data), "<u4", section.size_bytes // 4, section.offset)
        for family, (mask, value) in _PATTERNS.items():
            for index in map(int, np.nonzero((words & mask) == value)[0]):
                before, after = int(words[index - 1]), int(words[min(index + 1, len(words) - 1)])
                if index and before & _CBZ_W16[0] == _CBZ_W16[1] and after == _RET:
                    guarded += 1
                    continue
                at = 4 * index
                bare.append(Instruction(family, section.address + at, section.offset + at, int(words[index])))
    return sorted(bare, key=lambda found: found.address), guarded
