"""`skinedge bench phones`: the app's benchmark activity, started by adb, until the answer is clear enough."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from skinedge.benchmark.adb import Phone
from skinedge.benchmark.contestants import of_bundle
from skinedge.benchmark.protocol import PhoneProtocol, Protocol
from skinedge.benchmark.results import ColdStart, Measured, Results
from skinedge.benchmark.statistics import latency
from skinedge.contract import Frozen
from skinedge.errors import PhoneError
from skinedge.progress import track

PACKAGE = "org.skinedge.app"
ACTIVITY = f"{PACKAGE}/.BenchmarkActivity"
FOLDER = f"/sdcard/Android/data/{PACKAGE}/files/bench"
"""The app's own folder: adb may write there and the app may read there, with no permission asked of anybody."""


class PhoneRun(Frozen):
    """What the activity writes: one start of the app."""

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


def bench_phone(
    phone: Phone, bundle: Path, protocol: Protocol, *, threads: int, sleep: float | None = None
) -> tuple[Results, Sequence[PhoneRun]]:
    """Measures one bundle on one phone.

    Args:
        sleep: seconds between looks at the phone; None takes a second, tests take none.

    Raises: PhoneError, one line, for whatever goes wrong with the phone; nothing is left on it.
    """
    entrant, settings = of_bundle(bundle), protocol.phones
    wait_s = 1.0 if sleep is None else sleep
    target = f"{FOLDER}/{uuid.uuid4().hex[:8]}"
    runs: list[PhoneRun] = []
    try:
        phone.shell("mkdir", "-p", target)
        phone.push(bundle, f"{target}/bundle")
        for number in track(range(settings.maximum_runs), f"phone {phone.serial}"):
            _cool(phone, settings, wait_s)
            run = _run(phone, f"{target}/bundle", f"{target}/{number}.json", settings, threads, wait_s)
            # A throttled run is of a slower phone: not counted, and neither is anything else until it is cool again.
            if run.thermal_status == 0:
                runs.append(run)
            if len(runs) > 1 and _narrow(runs, settings, protocol.bootstrap_rounds):
                break
    finally:
        _clean(phone, target)
    if len(runs) < 2:
        raise PhoneError(
            f"phone {phone.serial} was throttled by heat in all but {len(runs)} of {settings.maximum_runs} runs: take it "
            "out of its case and out of the sun, and measure again"
        )
    measured = Measured(
        contestant=entrant.name,
        runtime=entrant.runtime,
        precision=entrant.precision,
        threads=threads,
        program_bytes=entrant.program_bytes,
        stages_ms={
            "decode": tuple(value for run in runs for value in run.decode_ms),
            "program": tuple(value for run in runs for value in run.program_ms),
        },
        cold_starts=tuple(
            ColdStart(load_ms=run.load_ms, first_ms=run.first_ms, peak_memory_mib=run.peak_memory_mib) for run in runs
        ),
        agreement=entrant.agreement,
    )
    results = Results.of(protocol, (measured,)).model_copy(update={"device": phone.card(), "versions": {}})
    return results, runs


def _cool(phone: Phone, settings: PhoneProtocol, wait_s: float) -> None:
    waited = 0.0
    while (celsius := phone.battery_celsius()) > settings.maximum_start_celsius:
        if waited >= settings.patience_s:
            raise PhoneError(
                f"phone {phone.serial} stays at {celsius:.1f} °C, expected at most {settings.maximum_start_celsius:g}: let "
                "it cool down, and measure again"
            )
        time.sleep(settings.cool_down_s if wait_s else 0)
        waited += max(1.0, settings.cool_down_s)


def _run(phone: Phone, bundle: str, out: str, settings: PhoneProtocol, threads: int, wait_s: float) -> PhoneRun:
    """Starts the activity and waits for what it writes: beside its place first, so that a file that is there is whole."""
    phone.shell("am", "force-stop", PACKAGE)
    extras = ["--es", "bundle", bundle, "--es", "out", out]
    for name, number in (("threads", threads), ("warm_ups", settings.warm_ups), ("answers", settings.answers)):
        extras += ["--ei", name, str(number)]
    phone.shell("am", "start", "-W", "-n", ACTIVITY, *extras)
    waited = 0.0
    while not (text := _read(phone, out)):
        # An app that has done its work may end between the two looks.
        if not phone.shell("pidof", PACKAGE, "||", "true").strip() and not _read(phone, out):
            raise PhoneError(f"the app on phone {phone.serial} crashed: {_last_words(phone)}; see adb logcat")
        if waited >= settings.patience_s:
            raise PhoneError(f"phone {phone.serial} did not finish within {settings.patience_s:g} s: measure fewer answers")
        time.sleep(wait_s)
        waited += max(1.0, wait_s)
    return _parsed(text, phone, settings)


def _read(phone: Phone, path: str) -> str:
    """The text of a file, empty where there is none yet."""
    return phone.shell("cat", path, "2>/dev/null", "||", "true").strip()


def _parsed(text: str, phone: Phone, settings: PhoneProtocol) -> PhoneRun:
    try:
        said = json.loads(text)
        if "error" in said:
            raise PhoneError(
                f"the app on phone {phone.serial} could not measure: {' '.join(str(said['error']).split())[:200]}"
            )
        run = PhoneRun.model_validate(said)
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


def _narrow(runs: Sequence[PhoneRun], settings: PhoneProtocol, rounds: int) -> bool:
    samples = np.concatenate([np.array(run.decode_ms) + np.array(run.program_ms) for run in runs])
    found = latency(samples, rounds=rounds)
    return found.high - found.low <= settings.interval_share * found.p50


def _last_words(phone: Phone) -> str:
    lines = phone.shell("logcat", "-d", "-b", "crash", "-t", "20").splitlines()
    told = [line.split(": ", 1)[-1].strip() for line in lines if "Exception" in line or "signal" in line]
    return told[-1][:160] if told else "it left no message"


def _clean(phone: Phone, target: str) -> None:
    with contextlib.suppress(PhoneError):  # It is gone, and the error on the way here says so.
        phone.shell("rm", "-rf", target)
