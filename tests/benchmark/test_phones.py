"""Phones, played by a fake adb: what is measured, and every way in which a phone lets one down."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from skinedge.benchmark.adb import Phone, find_phones
from skinedge.benchmark.app_benchmark import FOLDER
from skinedge.benchmark.phones import bench_phone
from skinedge.benchmark.protocol import Protocol, load_protocol
from skinedge.errors import PhoneError
from tests import fakes
from tests.conftest import Command


@pytest.fixture
def protocol() -> Protocol:
    protocol = load_protocol()
    return protocol.model_copy(update={"phones": protocol.phones.model_copy(update={"answers": 20, "maximum_runs": 5})})


def run_of_app(program_ms: float = 80.0, *, spread: float = 0.02, seed: int = 0, **changes: object) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    times = (program_ms * rng.gamma(1 / spread**2, spread**2, 20)).tolist()
    run = {
        "threads": 1,
        "load_ms": 150.0,
        "first_ms": 120.0,
        "decode_ms": [40.0] * 20,
        "program_ms": times,
        "peak_memory_mib": 96.0,
        "celsius_before": 30.0,
        "celsius_after": 31.0,
        "thermal_status": 0,
    }
    return run | changes


class Session:
    """A fake adb with its phone, in a folder."""

    def __init__(self, folder: Path, **session: object) -> None:
        self.folder = folder
        folder.mkdir()
        usual = {
            "devices": {"abc123": "device"},
            "celsius": [30.0],
            "runs": [run_of_app()],
            "runner_ms": [20.0],
            "thermal": ["Thermal Status: 0"],
        }
        (folder / "session.json").write_text(json.dumps(usual | session))
        shutil.copy(Path(__file__).with_name("fake_adb.py"), folder / "fake_adb.py")
        self.adb = folder / "adb"
        self.adb.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{folder / "fake_adb.py"}" "$@"\n')
        self.adb.chmod(0o755)
        self.phone = Phone(self.adb, "abc123")

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls.txt").read_text().splitlines()

    def starts(self) -> int:
        return sum("am start" in call for call in self.calls)


def test_a_phone_is_measured_until_the_interval_is_narrow_and_left_clean(
    bundle: Path, protocol: Protocol, tmp_path: Path
) -> None:
    session = Session(tmp_path / "adb")
    results, runs = bench_phone(session.phone, bundle, protocol, threads=1, sleep=0)
    (measured,) = results.measured
    assert session.starts() == len(runs) == 2
    assert len(measured.total_ms) == 40 and 115 < np.median(measured.total_ms) < 125
    assert results.device.system == "Android 10 (API 29) arm64-v8a" and results.device.cores == 4
    assert results.device.processor == "Example Cheap 1" and results.device.memory_gib == 1.8
    assert list((session.folder / "phone" / FOLDER.lstrip("/")).iterdir()) == []


def test_a_noisy_phone_is_measured_again_up_to_a_limit(bundle: Path, protocol: Protocol, tmp_path: Path) -> None:
    session = Session(tmp_path / "adb", runs=[run_of_app(spread=0.8, seed=seed) for seed in range(5)])
    _, runs = bench_phone(session.phone, bundle, protocol, threads=1, sleep=0)
    assert len(runs) == 5


def test_a_hot_phone_is_waited_for_and_a_throttled_run_does_not_count(
    bundle: Path, protocol: Protocol, tmp_path: Path
) -> None:
    session = Session(
        tmp_path / "adb",
        celsius=[41.0, 38.5, 34.0],
        runs=[run_of_app(200.0, thermal_status=2), run_of_app(), run_of_app(seed=1)],
    )
    results, runs = bench_phone(session.phone, bundle, protocol, threads=1, sleep=0)
    assert len(runs) == 2 and np.median(results.measured[0].total_ms) < 125
    assert sum("dumpsys battery" in call for call in session.calls) == 5  # three looks before the first run, then one each


@pytest.mark.parametrize(
    ("session", "message"),
    [
        ({"fault": "unplugged"}, "phone abc123 was unplugged or switched off"),
        ({"fault": "unplugged", "unplugged_at": 1}, "phone abc123 was unplugged or switched off"),
        ({"fault": "unplugged", "unplugged_at": 9}, "phone abc123 was unplugged or switched off"),
        ({"fault": "no space"}, "phone abc123 has no space left"),
        ({"fault": "no app"}, "phone abc123 has no SkinEdge app: install the APK"),
        ({"fault": "crash"}, "crashed: .*UnsatisfiedLinkError"),
        ({"fault": "crash without a word"}, "crashed: it left no message; see adb logcat"),
        ({"celsius": [45.0]}, "stays at 45.0 °C, expected at most 35"),
        ({"runs": [run_of_app(thermal_status=3)]}, "throttled by heat in all but 0 of 5 runs"),
        ({"runs": ["half a docum"]}, "wrote something else than results"),
        ({"runs": [run_of_app(program_ms=80.0) | {"program_ms": [1.0]}]}, "wrote 1 answers, expected 20"),
        ({"runs": [{"error": "the bundle is not signed"}]}, "could not measure: the bundle is not signed"),
    ],
)
def test_every_fault_is_one_line(
    bundle: Path, protocol: Protocol, tmp_path: Path, session: dict[str, object], message: str
) -> None:
    with pytest.raises(PhoneError, match=message) as raised:
        bench_phone(Session(tmp_path / "adb", **session).phone, bundle, protocol, threads=1, sleep=0)
    assert "\n" not in str(raised.value)


def test_an_app_that_ends_between_two_looks_has_not_crashed(bundle: Path, protocol: Protocol, tmp_path: Path) -> None:
    session = Session(tmp_path / "adb", fault="quick end")
    assert len(bench_phone(session.phone, bundle, protocol, threads=1, sleep=0)[1]) == 2


@pytest.mark.parametrize("fault", ["no space", "crash"])
def test_nothing_is_left_on_a_phone_that_failed(bundle: Path, protocol: Protocol, tmp_path: Path, fault: str) -> None:
    session = Session(tmp_path / "adb", fault=fault)
    with pytest.raises(PhoneError):
        bench_phone(session.phone, bundle, protocol, threads=1, sleep=0)
    assert list((session.folder / "phone" / FOLDER.lstrip("/")).iterdir()) == []


def test_one_phone_that_fails_does_not_stop_the_others(bundle: Path, tmp_path: Path, skinedge: Command) -> None:
    run = run_of_app() | {name: [40.0] * 50 for name in ("decode_ms", "program_ms")}
    session = Session(tmp_path / "adb", devices={"abc123": "device", "def456": "device"}, runs=[run], gone=["abc123"])
    code, _, printed = skinedge("bench", "phones", bundle, "--adb", session.adb, "--out", tmp_path / "results")
    assert code == 1 and "phone abc123 was unplugged" in printed and "def456" not in printed
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["def456.json"]


def test_phones_are_found_and_those_that_are_not_ready_are_named(tmp_path: Path) -> None:
    session = Session(tmp_path / "adb", devices={"abc123": "device", "def456": "device"})
    assert [phone.serial for phone in find_phones(session.adb)] == ["abc123", "def456"]
    assert [phone.serial for phone in find_phones(session.adb, ("def456",))] == ["def456"]
    with pytest.raises(PhoneError, match="xyz cannot be used: got 'not connected'"):
        find_phones(session.adb, ("xyz",))
    with pytest.raises(PhoneError, match="no phone found"):
        find_phones(Session(tmp_path / "none", devices={}).adb)
    with pytest.raises(PhoneError, match="allow USB debugging"):
        find_phones(Session(tmp_path / "locked", devices={"abc123": "unauthorized"}).adb)
    with pytest.raises(PhoneError, match="no adb at"):
        find_phones(tmp_path / "nowhere")


def test_the_command_writes_a_file_for_each_phone(bundle: Path, tmp_path: Path, skinedge: Command) -> None:
    run = run_of_app() | {name: [40.0] * 50 for name in ("decode_ms", "program_ms")}
    session = Session(tmp_path / "adb", devices={"abc123": "device", "def456": "device"}, runs=[run])
    code, printed, _ = skinedge("bench", "phones", bundle, "--adb", session.adb, "--out", tmp_path / "results")
    assert code == 0 and "Example Cheap 1" in printed
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["abc123.json", "def456.json"]


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A file in the place of ExecuTorch's executor_runner; the fake phone plays it."""
    path = tmp_path / "executor_runner"
    path.write_bytes(b"\x7fELF")
    return path


@pytest.fixture
def android(tmp_path: Path) -> Path:
    return fakes.write_bundle(tmp_path / "android", target="android")


def test_executor_runner_measures_the_program_alone(android: Path, runner: Path, protocol: Protocol, tmp_path: Path) -> None:
    # Each start is a process to warm up, and one that counts.
    session = Session(tmp_path / "adb", runner_ms=[90.0, 20.0, 90.0, 20.2, 90.0, 19.8, 90.0, 20.1, 90.0, 19.9])
    results, starts = bench_phone(session.phone, android, protocol, threads=1, runner=runner, sleep=0)
    (measured,) = results.measured
    assert len(starts) == 5 and sorted(measured.total_ms) == pytest.approx([19.8, 19.9, 20.0, 20.1, 20.2])
    assert list(measured.stages_ms) == ["program"] and measured.cold_starts == ()
    executed = [call for call in session.calls if "--num_executions" in call]
    assert len(executed) == 10 and sum("--num_executions=20 " in call for call in executed) == 5
    assert not any("am start" in call for call in session.calls)
    assert list((session.folder / "phone/data/local/tmp/skinedge-bench").iterdir()) == []


def test_executor_runner_counts_no_throttled_start_and_takes_phones_that_do_not_tell(
    android: Path, runner: Path, protocol: Protocol, tmp_path: Path
) -> None:
    session = Session(tmp_path / "adb", thermal=["Thermal Status: 2", "Can't find service: thermalservice"])
    starts = bench_phone(session.phone, android, protocol, threads=1, runner=runner, sleep=0)[1]
    assert len(starts) == 4 and sum("--num_executions=20 " in call for call in session.calls) == 5


@pytest.mark.parametrize(
    ("session", "message"),
    [
        ({"fault": "bad program"}, "phone abc123: adb shell failed: .*Failed to parse model file"),
        ({"fault": "silent"}, r"reported no time for 10 executions \(OutputX 0.*build it from"),
        ({"fault": "unplugged", "unplugged_at": 7}, "phone abc123 was unplugged"),
        ({"thermal": ["Thermal Status: 3"]}, "throttled by heat in all but 0 of 5 runs"),
    ],
)
def test_every_fault_of_executor_runner_is_one_line(
    android: Path, runner: Path, protocol: Protocol, tmp_path: Path, session: dict[str, object], message: str
) -> None:
    with pytest.raises(PhoneError, match=message) as raised:
        bench_phone(Session(tmp_path / "adb", **session).phone, android, protocol, threads=1, runner=runner, sleep=0)
    assert "\n" not in str(raised.value)


def test_executor_runner_must_be_there_and_be_given_its_own_programs(
    bundle: Path, runner: Path, tmp_path: Path, skinedge: Command
) -> None:
    session, out = Session(tmp_path / "adb"), tmp_path / "results"
    ask = ("bench", "phones", bundle, "--adb", session.adb, "--out", out, "--executor-runner")
    code, _, printed = skinedge(*ask, tmp_path / "nowhere")
    assert code == 1 and "no executor_runner at" in printed
    code, _, printed = skinedge(*ask, runner)
    assert code == 1 and "got target onnx, expected android" in printed and not out.exists()
