"""Starts the app's benchmark activity on a phone, and reads its results."""

from __future__ import annotations

import json
import time
from pathlib import Path

from pydantic import ValidationError

from skinedge.benchmark.adb import Phone
from skinedge.benchmark.protocol import PhoneProtocol
from skinedge.benchmark.results import ColdStart, Start
from skinedge.contract import Frozen
from skinedge.errors import PhoneError

PACKAGE = "org.skinedge.app"
ACTIVITY = f"{PACKAGE}/.BenchmarkActivity"
FOLDER = f"/sdcard/Android/data/{PACKAGE}/files/bench"
"""The app's own folder: adb may write and the app may read there, without asking anybody for permission."""


class PhoneRun(Frozen):
    """The results of one start of the app, as the activity writes them."""

    threads: int
    load_ms: float
    first_ms: float
    decode_ms: tuple[float, ...]
    program_ms: tuple[float, ...]
    peak_memory_mib: float
    celsius_before: float
    celsius_after: float
    thermal_status: int
    """Android's, after the run: 0 none, 1 light, 2 moderate, and worse."""


class AppBenchmark:
    """The installed SkinEdge app, with a bundle pushed into its folder."""

    home, fewest_starts = FOLDER, 2

    def __init__(self, phone: Phone, settings: PhoneProtocol, *, threads: int, wait_s: float) -> None:
        self._phone, self._settings, self._threads, self._wait_s = phone, settings, threads, wait_s

    def push(self, bundle: Path, folder: str) -> None:
        """See `phones.Benchmark.push`."""
        self._phone.push(bundle, f"{folder}/bundle")

    def start(self, folder: str, number: int) -> Start:
        """Starts the activity and waits for its results. It renames them into place, so that a file is always complete."""
        phone, settings, out = self._phone, self._settings, f"{folder}/{number}.json"
        phone.shell("am", "force-stop", PACKAGE)
        extras = ["--es", "bundle", f"{folder}/bundle", "--es", "out", out]
        for name, value in (("threads", self._threads), ("warm_ups", settings.warm_ups), ("answers", settings.answers)):
            extras += ["--ei", name, str(value)]
        phone.shell("am", "start", "-W", "-n", ACTIVITY, *extras)
        waited = 0.0
        while not (text := _read(phone, out)):
            # The app may finish and end between the two checks.
            if not phone.shell("pidof", PACKAGE, "||", "true").strip() and not _read(phone, out):
                raise PhoneError(f"the app on phone {phone.serial} crashed: {_last_message(phone)}; see adb logcat")
            if waited >= settings.patience_s:
                raise PhoneError(
                    f"phone {phone.serial} did not finish within {settings.patience_s:g} s: measure fewer answers"
                )
            time.sleep(self._wait_s)
            waited += max(1.0, self._wait_s)
        run = _parsed(text, phone, settings)
        return Start(
            stages_ms={"decode": run.decode_ms, "program": run.program_ms},
            thermal_status=run.thermal_status,
            cold_start=ColdStart(load_ms=run.load_ms, first_ms=run.first_ms, peak_memory_mib=run.peak_memory_mib),
        )


def _read(phone: Phone, path: str) -> str:
    """The text of a file, empty where there is none yet."""
    return phone.shell("cat", path, "2>/dev/null", "||", "true").strip()


def _parsed(text: str, phone: Phone, settings: PhoneProtocol) -> PhoneRun:
    try:
        report = json.loads(text)
        if "error" in report:
            raise PhoneError(
                f"the app on phone {phone.serial} could not measure: {' '.join(str(report['error']).split())[:200]}"
            )
        run = PhoneRun.model_validate(report)
    except (ValueError, ValidationError, TypeError) as error:
        raise PhoneError(
            f"phone {phone.serial} wrote something else than results ({str(error).splitlines()[0][:120]}): install the app "
            "of this version"
        ) from None
    if not len(run.decode_ms) == len(run.program_ms) == settings.answers:
        raise PhoneError(
            f"phone {phone.serial} wrote {len(run.program_ms)} answers, expected {settings.answers}: measure again"
        )
    return run


def _last_message(phone: Phone) -> str:
    lines = phone.shell("logcat", "-d", "-b", "crash", "-t", "20").splitlines()
    messages = [line.split(": ", 1)[-1].strip() for line in lines if "Exception" in line or "signal" in line]
    return messages[-1][:160] if messages else "it left no message"
