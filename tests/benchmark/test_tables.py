"""What `skinedge bench` prints is readable on a terminal of 80 columns, and on systems that tell less than Linux."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from skinedge.benchmark import worker
from skinedge.benchmark.adb import Phone
from skinedge.benchmark.protocol import load_protocol
from skinedge.benchmark.results import ColdStart, DeviceCard, Measured, Results
from skinedge.benchmark.tables import NOT_KNOWN, rows
from skinedge.benchmark.worker import Report
from tests.conftest import Command

NAMES = ("skinedge android int8", "OpenCV + MobileNet-V2, dynamic", "skinedge in torch")


def measured(name: str, times: float, peak_memory_mib: float | None = 1234.0) -> Measured:
    taken = tuple(times * (1 + number % 7 / 100) for number in range(30))
    return Measured(
        candidate=name,
        runtime="onnxruntime",
        precision="int8",
        threads=16,
        program_bytes=123_456_789,
        stages_ms={"decode": taken, "program": taken, "triage": taken},
        cold_starts=(ColdStart(load_ms=12_345.6, first_ms=9.0, peak_memory_mib=peak_memory_mib),),
    )


def results(*, times: float = 1.0, peak_memory_mib: float | None = 1234.0) -> Results:
    found = (measured(name, times * 400 * (1 + place), peak_memory_mib) for place, name in enumerate(NAMES))
    return Results.of(load_protocol(), tuple(found))


@pytest.fixture
def narrow(skinedge: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str | Path) -> str:
        return skinedge(*arguments)[1]

    return run


def test_tables_fit_80_columns(narrow: Callable[..., str], tmp_path: Path) -> None:
    found = results()
    found.save(tmp_path / "a.json")
    printed = narrow("bench", "tables", tmp_path / "a.json")
    # The sentence on the machine goes on wherever the terminal ends.
    lines = printed.splitlines()[1:]
    assert max(map(len, lines)) <= 80 and "…" not in printed
    words = printed.replace("\n", " ").split()
    for row in rows(found)[1:]:
        for cell in row[1:]:
            assert any(cell in line for line in lines), f"{cell} is cut or goes on in another line"
        assert set(row[0].split()) <= set(words)
    assert "|" not in printed and "| candidate |" in narrow("bench", "tables", tmp_path / "a.json", "--markdown")


def test_a_comparison_fits_80_columns(narrow: Callable[..., str], tmp_path: Path) -> None:
    results().save(tmp_path / "a.json")
    results(times=3.0).save(tmp_path / "b.json")
    printed = narrow("bench", "compare", tmp_path / "a.json", tmp_path / "b.json")
    assert max(map(len, printed.splitlines())) <= 80 and "no difference" in printed and "1.000 to 1.000" in printed


def test_a_peak_that_no_system_tells_is_a_dash(
    narrow: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows and macOS: no /proc, no sysconf."""
    whole_read = Path.read_text

    def read(path: Path, *rest: str, **more: str) -> str:
        if path.parts[:2] == ("/", "proc"):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return whole_read(path, *rest, **more)

    monkeypatch.setattr(Path, "read_text", read)
    monkeypatch.delattr(os, "sysconf")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert worker.peak_memory_mib() is None
    report = Report(load_ms=1.0, first_ms=1.0, peak_memory_mib=worker.peak_memory_mib())
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert DeviceCard.of_this_machine().memory_gib is None
    found = results(peak_memory_mib=None)
    found.save(tmp_path / "a.json")
    assert Results.load(tmp_path / "a.json") == found
    assert {row[-1] for row in rows(found)[1:]} == {NOT_KNOWN}
    assert NOT_KNOWN in narrow("bench", "tables", tmp_path / "a.json")


def test_a_terminal_that_lacks_letters_shows_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from skinedge.cli import main

    results(peak_memory_mib=None).save(tmp_path / "a.json")
    for encoding in ("cp1252", "cp437", "ascii"):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
        with pytest.raises(SystemExit) as exit_:
            main(["bench", "tables", str(tmp_path / "a.json")])
        sys.stdout.flush()
        assert not exit_.value.code and b"OpenCV" in written.getvalue()


def test_a_phone_on_the_network_gets_a_file_that_windows_takes(
    skinedge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skinedge.benchmark.adb.find_phones", lambda adb, _: [Phone(adb, "192.168.1.5:5555")])
    monkeypatch.setattr("skinedge.benchmark.phones.bench_phone", lambda *_, **__: (results(), []))
    assert skinedge("bench", "phones", tmp_path, "--out", tmp_path / "out")[0] == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["192.168.1.5-5555.json"]
