"""`make private`: that nothing leaves the machine, and that each command writes where it was told to and nowhere else.

Every command runs under strace, with a home of its own, and stays idle after its work. `tests/test_private.py` runs those of
a clinic, and they may not even write temporary files. Engineers' commands may, if they take them away again, and Matplotlib
keeps its list of fonts where MPLCONFIGDIR says. Exit code 1 where a socket or a file is one too many;
`benchmarks/results/private.json`.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx

from benchmarks import RESULTS
from benchmarks.drivers.client import PASSPHRASE, Browser
from benchmarks.drivers.serving import free_port, wait_for
from benchmarks.drivers.traced import Trace, bare_environment, read_trace, traced
from skinedge.benchmark.results import write_stamped
from skinedge.datasets.synthetic import write_synthetic
from skinedge.records.store import RecordStore
from skinedge.runtime.bundle import default_bundle_folder

SERVE = "serve"
IDLE_S = 120.0
_STOPPED = 130
_TARGETS = ("onnx", "android", "ios")
_SHORT = ("--split", "none", "--weights", "none", "--epochs", "1")
_LINGER = "import sys, time\nfrom skinedge.cli import main\ntry: main(sys.argv[2:])\nfinally: time.sleep(float(sys.argv[1]))"


@dataclass(frozen=True)
class Ran:
    """A command that has ended, and all that it did to networks and files."""

    name: str
    code: int
    printed: str
    trace: Trace


def run(name: str, command: Sequence[str], folder: Path, *, idle_s: float) -> Ran:
    """Runs a command of ours, then stays idle in its process, because libraries send their reports late."""
    lingering = [sys.executable, "-c", _LINGER, str(idle_s), *command]
    with traced(lingering, folder / "logs" / name, _home(folder, name)) as process:
        out, err = process.communicate()
    return Ran(name, process.returncode, out + err, read_trace(folder / "logs" / name))


def serve(folder: Path, photo: Path, *, idle_s: float) -> Ran:
    """A station in which a person is screened and the result is kept, in `folder / "records"`; then nobody comes."""
    records, port = folder / "records", free_port()
    RecordStore.create(records, PASSPHRASE).close()
    command = [sys.executable, "-m", "skinedge.cli", "serve", "--records", str(records), "--port", str(port)]
    with traced(command, folder / "logs" / SERVE, _home(folder, SERVE)) as process:
        wait_for(port, process)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60) as client:
            page = Browser(client).unlock().visit(photo.read_bytes(), {"age_years": "63", "itch": "yes"})
            assert page.startswith("/visits/"), page
            assert client.get(f"{page}/slip.pdf").status_code == 200
        time.sleep(idle_s)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    return Ran(SERVE, process.returncode, out + err, read_trace(folder / "logs" / SERVE))


def one_too_many(ran: Ran, *named: Path) -> list[str]:
    """Sockets but the station's listener, and files that were changed outside the folders that the command was given."""
    sockets = list(ran.trace.sockets)
    if ran.name == SERVE and len(sockets) == 2 and sockets[0].startswith("socket(AF_INET, SOCK_STREAM"):
        sockets = [call for call in sockets[1:] if not (call.startswith("bind(") and 'inet_addr("127.0.0.1")' in call)]
    return [*sockets, *ran.trace.changed_outside(*named)]


def run_side_by_side(folder: Path, commands: Mapping[str, Sequence[str]], photo: Path, *, idle_s: float) -> dict[str, Ran]:
    """All commands by name, and the station: most of the time they are idle."""
    with ThreadPoolExecutor(len(commands) + 1) as pool:
        station = pool.submit(serve, folder, photo, idle_s=idle_s)
        others = [pool.submit(run, name, command, folder, idle_s=idle_s) for name, command in commands.items()]
        return {ran.name: ran for ran in (future.result() for future in (station, *others))}


def main() -> int:
    """See the module."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="skinedge-private-") as name:
        folder = Path(name)
        data = write_synthetic(folder / "data", photos=24)
        photos = data / "images"
        out = folder / "out"
        out.mkdir()
        bundle = str(default_bundle_folder())
        commands = {
            "screen, a photo": ["screen", str(next(photos.iterdir())), "--age-years", "63"],
            "screen, a folder": ["screen", str(photos), "--out", str(out / "results.csv")],
            "verify": ["verify", bundle],
            **{f"export {target}": ["export", "--target", target, "--out", str(out / target)] for target in _TARGETS},
            "train": ["train", "--data", str(data), "--out", str(out / "run"), *_SHORT],
        }
        for ran in run_side_by_side(folder, commands, next(photos.iterdir()), idle_s=IDLE_S).values():
            named = [folder / "records"] if ran.name == SERVE else [out]
            home = folder / "homes" / ran.name
            if ran.name.startswith(("export", "train")):
                named += [home / "tmp", home / "matplotlib"]
            faults = one_too_many(ran, *named)
            faults += [f"{path} is left" for path in (home / "tmp").rglob("*") if path.is_file()]
            if ran.code not in ((0, _STOPPED) if ran.name == SERVE else (0,)):
                faults.append(f"exit code {ran.code}: {ran.printed[-300:]}")
            print(f"{ran.name}: {'; '.join(faults) or 'nothing left the machine'}")
            found[ran.name] = {"sockets": len(ran.trace.sockets), "changed": len(ran.trace.changed), "faults": faults}
    write_stamped(RESULTS / "private.json", {"idle_s": IDLE_S, "commands": found})
    return 1 if any(one["faults"] for one in found.values()) else 0


def _home(folder: Path, name: str) -> dict[str, str]:
    home = folder / "homes" / name
    return bare_environment(home, MPLCONFIGDIR=str(home / "matplotlib"))


if __name__ == "__main__":
    sys.exit(main())
