"""What a run means."""

import pytest

from android_demo.engine_check.machines import Outcome, read_outcome
from android_demo.engine_check.result import Library, cause, judge, largest_difference

EXPECTED: list[tuple[float, ...]] = [(0.7, 0.2, 0.1), (0.1, 0.3, 0.6)]
SAME = [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]
CRASH = """probabilities 0.7 0.2 0.1
#
#  SIGILL (0x4) at pc=0x00000055a2a038f0, pid=24902, tid=24904
#
# Problematic frame:
# C  [libexecutorch.so+0x39b8f0]  executorch::extension::ExecuTorchJni::execute_method
"""


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (SAME, "agrees"),
        ([[0.7, 0.2, 0.1], [0.1, 0.29, 0.61]], "differs"),
        (list(reversed(SAME)), "differs"),
        (SAME[:1], "died"),
        ([], "died"),
    ],
)
def test_only_the_answers_of_python_agree(found: list[list[float]], verdict: str) -> None:
    assert judge(Outcome(found), EXPECTED, limit=1e-4) == verdict


def test_a_program_that_always_says_the_same_proves_nothing() -> None:
    assert judge(Outcome([[0.5, 0.5], [0.5, 0.5]]), [(0.5, 0.5), (0.5, 0.5)], limit=1e-4) == "differs"


def test_a_missing_answer_is_as_far_off_as_can_be() -> None:
    assert largest_difference(SAME[:1], EXPECTED) == 1.0


def test_a_crash_is_named_by_its_instruction() -> None:
    outcome = read_outcome(CRASH, "")
    assert (outcome.signal, outcome.library, outcome.offset) == ("SIGILL", "libexecutorch.so", 0x39B8F0)
    assert judge(outcome, EXPECTED, limit=1e-4) == "died"
    library = Library(
        release="a 1",
        machine="arm64",
        sha256="0" * 64,
        size_bytes=1,
        compressed_bytes=1,
        page_bytes=16384,
        newer_atomics={"0x39b8f0": "ldadd"},
        guarded_atomics=0,
    )
    assert cause(outcome, library) == "SIGILL at ldadd 0x39b8f0 of libexecutorch.so"


def test_an_exception_is_reported() -> None:
    outcome = read_outcome("", 'java\nException in thread "main" java.lang.UnsatisfiedLinkError: libx.so\n  at a.b\n')
    assert outcome.message == 'Exception in thread "main" java.lang.UnsatisfiedLinkError: libx.so'
