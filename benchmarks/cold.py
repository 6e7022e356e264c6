"""A cold `skinedge screen` where only the plain install is: `make bench-cold` builds the environment and measures.

Each time a fresh process screens the protocol's synthetic photo with the model of the install. Exit code 1 where the median
takes more than a second, or the peak of memory is over its limit.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from skinedge.benchmark.protocol import load_protocol
from skinedge.benchmark.results import write_stamped
from skinedge.benchmark.run import draw_photo

LIMIT_S, LIMIT_MB = 1.0, 150.0
_SCREEN = """
import atexit, sys
def tell():
    status = open("/proc/self/status").read()
    print(status.split("VmHWM:")[1].split()[0], file=sys.stderr)
atexit.register(tell)
assert "torch" not in sys.modules
from skinedge.cli import main
main(["screen", sys.argv[1]])
"""
"""`skinedge screen` in a process that prints its peak memory, in KiB, as it ends."""


def cold_screen(python: Path, photo: Path) -> tuple[float, float]:
    """Seconds and peak MB of `skinedge screen` in a fresh process. Raises: SystemExit where it fails."""
    # Nothing of this checkout: neither by PYTHONPATH nor by the folder that one stands in.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(python), "-I", "-c", _SCREEN, str(photo)]
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=photo.parent)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"skinedge screen ended with exit code {done.returncode}: {done.stderr.strip()[-500:]}")
    return seconds, float(done.stderr.splitlines()[-1]) * 1024 / 1e6


def packages(python: Path) -> dict[str, str]:
    """Name and version of everything that the environment holds."""
    code = "import importlib.metadata as m; print(*sorted({f'{d.name}=={d.version}' for d in m.distributions()}), sep='\\n')"
    done = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True)
    return dict(line.split("==") for line in done.stdout.split())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", type=Path, help="of the environment with the plain install")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/cold.json"))
    parser.add_argument("--times", type=int, default=20)
    arguments = parser.parse_args()
    photo = draw_photo(Path("build/bench"), load_protocol()).absolute()
    python = arguments.python.absolute()  # not resolved: an environment's python is a link
    installed = packages(python)
    if "torch" in installed:
        raise SystemExit(f"{python} has torch: give the python of a plain install, see make bench-cold")
    cold_screen(python, photo)  # from here on files are in the system's cache, and modules are compiled
    taken = [cold_screen(python, photo) for _ in range(arguments.times)]
    seconds, megabytes = statistics.median(s for s, _ in taken), max(mb for _, mb in taken)
    site = next((python.parents[1] / "lib").glob("python*/site-packages"))
    document = {
        "limit_s": LIMIT_S,
        "limit_mb": LIMIT_MB,
        "median_s": round(seconds, 3),
        "slowest_s": round(max(s for s, _ in taken), 3),
        "peak_mb": round(megabytes, 1),
        "installed_mb": round(sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) / 1e6, 1),
        "packages": installed,
        "samples_s": [round(s, 4) for s, _ in taken],
        "samples_mb": [round(mb, 2) for _, mb in taken],
    }
    write_stamped(arguments.out, document)
    print(f"cold skinedge screen: median {seconds:.2f} s of {len(taken)}, at most {megabytes:.0f} MB")
    return int(seconds > LIMIT_S or megabytes > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
