"""The search for instructions that cheap phones lack."""

from pathlib import Path

import pytest

from android_demo.engine_check.elf import Elf
from android_demo.engine_check.instructions import newer_atomics
from tests.engine_check.libraries import CBZ_W16, CODE_ADDRESS, CODE_AT, RET, write_library

NOP, LDR, LDXR, STLXR = 0xD503201F, 0xF9400108, 0xC85F7D0A, 0xC80CFD0B
LDADDAL, LDADD_W, STADD = 0xF8E90108, 0xB82A0129, 0xF829011F


@pytest.mark.parametrize(
    ("word", "family"),
    [
        (LDADDAL, "ldadd"),
        (LDADD_W, "ldadd"),
        (STADD, "ldadd"),
        (0xF8A08020, "swp"),
        (0xC8E0FC41, "cas"),
        (0x48207C82, "casp"),
        (0xB8BFC041, "ldapr"),
    ],
)
def test_an_unguarded_instruction_is_found_where_it_stands(tmp_path: Path, word: int, family: str) -> None:
    library = Elf(write_library(tmp_path / "a.so", [NOP, LDR, word, NOP]))
    [found], guarded = newer_atomics(library)
    assert (found.family, found.address, found.offset, found.word) == (family, CODE_ADDRESS + 8, CODE_AT + 8, word)
    assert guarded == 0


def test_a_helper_that_asks_the_processor_first_counts_as_guarded(tmp_path: Path) -> None:
    assert newer_atomics(Elf(write_library(tmp_path / "a.so", [CBZ_W16, LDADDAL, RET]))) == ([], 1)


def test_the_instructions_of_every_phone_are_not_reported(tmp_path: Path) -> None:
    assert newer_atomics(Elf(write_library(tmp_path / "a.so", [NOP, LDR, LDXR, STLXR, RET]))) == ([], 0)


def test_the_page_is_the_smallest_alignment(tmp_path: Path) -> None:
    assert Elf(write_library(tmp_path / "a.so", [RET], align_bytes=0x1000)).page_bytes() == 4096


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.so").write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="no 64-bit little-endian ELF"):
        Elf(tmp_path / "a.so")
