"""Talks to phones through `adb`, and turns its errors into plain words."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from skinedge.benchmark.results import DeviceCard
from skinedge.errors import PhoneError

_FAULTS = (
    (
        r"device '.*' not found|no devices/emulators found|device offline|closed$",
        "was unplugged or switched off: plug it in again",
    ),
    (r"unauthorized", "does not trust this computer: unlock it and allow USB debugging"),
    (r"No space left on device", "has no space left: free some and measure again"),
    (r"Permission denied|Read-only file system", "does not let adb write there: is the app installed?"),
    (r"does not exist|Error type 3", "has no SkinEdge app: install the APK first, see android_demo/"),
)
"""Patterns of adb's errors, with their meaning for the person who holds the phone."""


@dataclass(frozen=True)
class Phone:
    """One phone that adb sees."""

    adb: Path
    serial: str

    def shell(self, *words: str, timeout_s: float = 60) -> str:
        """Runs a command on the phone. Raises: PhoneError."""
        return self._run("shell", *words, timeout_s=timeout_s)

    def push(self, source: Path, target: str) -> None:
        """Copies a file or folder to the phone. Raises: PhoneError."""
        self._run("push", str(source), target, timeout_s=300)

    def card(self) -> DeviceCard:
        """The phone's description of itself."""
        prop = {name: self.shell("getprop", name).strip() for name in _PROPERTIES}
        memory = re.search(r"MemTotal:\s+(\d+)", self.shell("cat", "/proc/meminfo"))
        maker, model, chip, release, level, abi = (prop[name] for name in _PROPERTIES)
        return DeviceCard(
            processor=f"{maker} {model}" + (f", {chip}" if chip else ""),
            cores=int(self.shell("nproc").strip() or 1),
            memory_gib=round(int(memory[1]) / 2**20, 1) if memory else 0.0,
            system=f"Android {release} (API {level}) {abi}",
            python="",
        )

    def battery_celsius(self) -> float:
        """Temperature of the battery. Raises: PhoneError where the phone does not report it."""
        found = re.search(r"temperature: (\d+)", self.shell("dumpsys", "battery"))
        if not found:
            raise PhoneError(f"phone {self.serial} does not report its battery's temperature: measure another phone")
        return int(found[1]) / 10

    def _run(self, *words: str, timeout_s: float) -> str:
        return run_adb(self.adb, "-s", self.serial, *words, timeout_s=timeout_s, what=f"phone {self.serial}")


_PROPERTIES = (
    "ro.product.manufacturer",
    "ro.product.model",
    "ro.soc.model",
    "ro.build.version.release",
    "ro.build.version.sdk",
    "ro.product.cpu.abi",
)


def find_phones(adb: Path, serials: tuple[str, ...] = ()) -> list[Phone]:
    """The phones that are ready, or those with these serial numbers.

    Raises: PhoneError where there are none, or a requested one is not ready.
    """
    lines = run_adb(adb, "devices", timeout_s=30, what="adb").splitlines()[1:]
    states = dict(line.split("\t", 1) for line in lines if "\t" in line)
    for serial in serials or states:
        state = states.get(serial, "not connected").strip()
        if state != "device":
            hint = " (unlock it and allow USB debugging)" if state == "unauthorized" else ""
            raise PhoneError(f"phone {serial} cannot be used: got {state!r}{hint}, expected a phone that adb devices lists")
    if not states:
        raise PhoneError("no phone found: plug one in, switch on USB debugging and try adb devices")
    return [Phone(adb, serial) for serial in serials or states]


def run_adb(adb: Path, *words: str, timeout_s: float, what: str) -> str:
    """The stdout of adb. Raises: PhoneError, one line, where it failed, hung or is not there."""
    try:
        done = subprocess.run(
            [adb, *words], check=False, capture_output=True, text=True, errors="replace", timeout=timeout_s
        )
    except FileNotFoundError:
        raise PhoneError(f"no adb at {adb}: install Android's platform tools, or give its place with --adb") from None
    except subprocess.TimeoutExpired:
        raise PhoneError(f"{what} did not answer within {timeout_s:g} s: unplug it, plug it in and measure again") from None
    output = f"{done.stdout}\n{done.stderr}"
    # `am start` fails with exit code 0.
    if done.returncode or "\nError" in output:
        for pattern, meaning in _FAULTS:
            if re.search(pattern, output, re.MULTILINE):
                raise PhoneError(f"{what} {meaning}")
        last = (output.strip().splitlines() or ["no message"])[-1]
        raise PhoneError(f"{what}: adb {words[2] if words[0] == '-s' else words[0]} failed: {last[:200]}")
    return done.stdout
