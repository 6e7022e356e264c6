"""Atomics of ARMv8.1 become loops of ARMv8.0. What the loops answer is proven by `make android-engine`, on real code."""

import struct
from pathlib import Path

import pytest

from android_demo.engine_check.baseline import loop, write_baseline
from android_demo.engine_check.elf import LOAD, NOTE, Elf
from android_demo.engine_check.instructions import Instruction, newer_atomics
from tests.engine_check.libraries import CODE_ADDRESS, CODE_AT, RET, write_library

NOP, LDADDAL, STADD, LDADD_W, SWP = 0xD503201F, 0xF8E90108, 0xF829011F, 0xB82A0129, 0xF8A08020


def test_no_atomic_is_left_and_the_rest_stays(tmp_path: Path) -> None:
    source = write_library(tmp_path / "a.so", [NOP, LDADDAL, NOP, STADD, RET])
    before = source.read_bytes()
    assert write_baseline(source, tmp_path / "b.so") == 2
    made = Elf(tmp_path / "b.so")
    assert newer_atomics(made) == ([], 0)
    changed = [at for at in range(64 + 2 * 56, len(before)) if made.data[at] != before[at]]
    assert {at // 4 * 4 for at in changed} == {CODE_AT + 4, CODE_AT + 12}


def test_the_branch_goes_to_the_loop_and_back_behind_the_instruction(tmp_path: Path) -> None:
    write_baseline(write_library(tmp_path / "a.so", [NOP, LDADDAL, RET]), tmp_path / "b.so")
    made = Elf(tmp_path / "b.so")
    added = made.segments()[-1]
    assert added.kind == LOAD
    assert added.offset % 0x4000 == added.address % 0x4000 == 0
    words = struct.unpack_from(f"<{added.size_bytes // 4}I", made.data, added.offset)
    assert _target(struct.unpack_from("<I", made.data, CODE_AT + 4)[0], CODE_ADDRESS + 4) == added.address
    assert _target(words[-1], added.address + added.size_bytes - 4) == CODE_ADDRESS + 8
    assert list(words[:-1]) == loop(Instruction("ldadd", CODE_ADDRESS + 4, CODE_AT + 4, LDADDAL))


def test_a_loop_as_the_assembler_writes_it() -> None:
    # objdump: stp x10, x11; str x12; ldaxr x10, [x8]; add x11, x10, x9; stlxr w12, x11, [x8]; cbnz w12; mov x8, x10; …
    assert [hex(word) for word in loop(Instruction("ldadd", 0, 0, LDADDAL))] == [
        *("0xa9be2fea", "0xf9000bec", "0xc85ffd0a", "0x8b09014b", "0xc80cfd0b", "0x35ffffac", "0xaa0a03e8"),
        *("0xf9400bec", "0xa8c22fea"),
    ]


def test_words_of_32_bits_and_a_result_that_nobody_wants() -> None:
    assert loop(Instruction("ldadd", 0, 0, LDADD_W))[2] >> 24 == 0x88
    assert len(loop(Instruction("ldadd", 0, 0, STADD))) == len(loop(Instruction("ldadd", 0, 0, LDADDAL))) - 1


@pytest.mark.parametrize(
    ("words", "with_note", "message"),
    [
        ([NOP, SWP, RET], True, "uses swp without asking"),
        ([NOP, LDADDAL, RET], False, "no program header of notes"),
        ([NOP, LDADDAL & ~(31 << 5) | 31 << 5, RET], True, "of a kind that is not replaced"),
        ([NOP, LDADDAL & 0x3FFFFFFF, RET], True, "of a kind that is not replaced"),
    ],
)
def test_what_cannot_be_replaced_is_refused(tmp_path: Path, words: list[int], with_note: bool, message: str) -> None:
    source = write_library(tmp_path / "a.so", words, with_note=with_note)
    with pytest.raises(ValueError, match=message):
        write_baseline(source, tmp_path / "b.so")
    assert not (tmp_path / "b.so").exists()


def test_a_library_that_every_phone_runs_keeps_its_notes(tmp_path: Path) -> None:
    assert write_baseline(write_library(tmp_path / "a.so", [NOP, RET]), tmp_path / "b.so") == 0
    assert [segment.kind for segment in Elf(tmp_path / "b.so").segments()] == [LOAD, NOTE]


def _target(word: int, address: int) -> int:
    assert word >> 26 == 0b000101
    words = word & 0x3FFFFFF
    return address + 4 * (words - (1 << 26) if words >> 25 else words)
