"""What a shell does to standard input, output and error: closed, full, or read by a program that goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.drivers.stations import PASSPHRASE, new_store

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these redirections are those of a POSIX shell")


def shell(arguments: str, redirections: str, **variables: str) -> subprocess.CompletedProcess[str]:
    line = f'set -o pipefail; "{sys.executable}" -m skinedge.cli {arguments} {redirections}'
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SKINEDGE_PASS")}
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        env=environment | variables,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("command", ["screen PHOTO", "--version", "questions --json"])
@pytest.mark.parametrize(
    ("redirection", "words"),
    [(">&-", "standard output is closed"), ("> /dev/full", "the disk is full")],
)
def test_an_answer_that_nobody_can_see_is_an_error(photo: Path, command: str, redirection: str, words: str) -> None:
    if "full" in redirection and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = shell(command.replace("PHOTO", str(photo)), redirection)
    assert done.returncode == 1 and done.stderr.startswith("skinedge: ") and done.stderr.count("\n") == 1, done.stderr
    assert words in done.stderr


def test_where_standard_error_is_closed_messages_do_not_get_between_the_answers(photo: Path) -> None:
    whole, closed = (shell(f"screen {photo} --json", redirection) for redirection in ("", "2>&-"))
    assert closed.returncode == 0 and closed.stdout == whole.stdout and whole.stdout.startswith("{")
    assert shell("screen nowhere.jpg", "2>&-").stdout == ""


def test_where_standard_input_is_closed_nobody_is_asked(tmp_path: Path) -> None:
    new_store(tmp_path / "records").close()
    done = shell(f"records list --records {tmp_path / 'records'}", "<&-")
    assert done.returncode == 1 and "nobody is here to type it" in done.stderr and done.stderr.count("\n") == 1
    assert shell(f"records list --records {tmp_path / 'records'}", "<&-", SKINEDGE_PASSPHRASE=PASSPHRASE).returncode == 0


def test_a_reader_that_goes_is_no_error_to_tell() -> None:
    done = shell("inspect", "| true")
    assert done.returncode == 1 and done.stderr == ""
