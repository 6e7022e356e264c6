"""What works where only the plain install is, and what the station adds: `make plain` builds both environments.

python -m benchmarks.plain_install build/plain/bin/python build/station/bin/python

Every command of a clinic's laptop runs in the plain one, in five languages; what needs an extra says so in one line. In the
other the station serves its first page. Exit code 1 where something is otherwise. Sizes go to
benchmarks/results/plain-install.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from skinedge.benchmark.protocol import load_protocol
from skinedge.benchmark.results import write_stamped
from skinedge.benchmark.run import draw_photo
from skinedge.words import LANGUAGES

NEEDS_EXTRA = {
    "serve": "station",
    "records slip 7K3Q9-D2MXA --out slip.pdf": "station",
    "records report --out report.html": "station",
    "records from-odk form.xml --out answers.csv": "station",
    "records export --format odk --out form.xml": "station",
    "train --recipe edge --data photos --out run": "train",
    "audit photos --out audit.html": "train",
    "export --target onnx --out bundle": "export",
    "bench run bundle --out results.json": "bench",
}
"""Commands that the plain install has not all of, and the extra that they ask for."""


class Install:
    """An environment with SkinEdge in it, and an empty folder to work in."""

    def __init__(self, python: Path, work: Path) -> None:
        self.python = python.absolute()  # not resolved: an environment's python is a link
        self.work = work
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SKINEDGE"))}
        self.environment |= {"XDG_DATA_HOME": str(work / "data"), "XDG_CONFIG_HOME": str(work / "config")}
        self.environment |= {"SKINEDGE_PASSPHRASE": "a passphrase of this check"}

    def skinedge(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), check=False, capture_output=True, text=True, env=self.environment, cwd=self.work
        )

    def command(self, *arguments: str) -> list[str]:
        # Nothing of this checkout: neither by PYTHONPATH nor by the folder that one stands in.
        return [str(self.python), "-I", "-m", "skinedge.cli", *arguments]

    def size_mb(self) -> float:
        """Of all packages but pip and setuptools, which came with the environment."""
        site = next((self.python.parents[1] / "lib").glob("python*/site-packages"))
        left_out = {"pip", "setuptools", "pkg_resources", "_distutils_hack"}
        files = (file for file in site.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
        sizes = (file.stat().st_size for file in files if file.relative_to(site).parts[0].partition("-")[0] not in left_out)
        return round(sum(sizes) / 1e6, 1)


def check_plain(install: Install, photo: Path) -> list[str]:
    """What went wrong in the plain install, a line each."""
    photos = install.work / "photos"
    photos.mkdir()
    for name in ("a.jpg", "b.jpg"):
        shutil.copy(photo, photos / name)
    commands = [
        *(f"screen photos/a.jpg --age-years 63 --region face --itch yes --language {name}" for name in LANGUAGES),
        *(f"screen photos --out results-{name}.csv --language {name}" for name in LANGUAGES),
        *(f"questions --language {name}" for name in LANGUAGES),
        "screen photos/a.jpg --json",
        "verify",
        "inspect",
        "keys new clinic",
        "keys trust clinic.pub",
        "data synthetic lesions --photos 6",
        "records init",
        "records list",
        "records verify",
        "records export --format csv --out visits.csv",
        "records export --format fhir --out visits.json",
    ]
    faults = []
    for command in commands:
        done = install.skinedge(*command.split())
        if done.returncode or not done.stdout + done.stderr:
            faults.append(f"skinedge {command}: exit code {done.returncode}: {(done.stdout + done.stderr).strip()[-300:]}")
    for command, extra in NEEDS_EXTRA.items():
        done = install.skinedge(*command.split())
        if done.returncode != 1 or not re.fullmatch(rf"skinedge: .*pip install 'skinedge\[{extra}\]'\n", done.stderr):
            faults.append(f"skinedge {command}: expected one line on [{extra}], got {done.stderr.strip()[-300:]}")
    return faults


def check_station(install: Install) -> list[str]:
    """What went wrong in the install with the station, a line each."""
    faults = []
    for command in ("records init", "records export --format odk --out form.xml", "records report --out report.html"):
        done = install.skinedge(*command.split())
        if done.returncode:
            faults.append(f"skinedge {command}: exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = install.command("serve", "--port", str(port))
    with subprocess.Popen(serve, env=install.environment, cwd=install.work, stderr=subprocess.PIPE, text=True) as serving:
        try:
            page = _first_page(f"http://127.0.0.1:{port}/", serving)
        finally:
            serving.terminate()
    if "SkinEdge" not in page:
        faults.append(f"skinedge serve: the first page is not the station's: {page[-300:]}")
    return faults


def _first_page(address: str, serving: subprocess.Popen[str]) -> str:
    for _ in range(100):
        if serving.poll() is not None:
            return f"it ended with exit code {serving.returncode}: {serving.stderr.read() if serving.stderr else ''}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            time.sleep(0.1)
    return "nobody answered for 10 s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plain", type=Path, help="python of an environment with the plain install")
    parser.add_argument("station", type=Path, help="python of an environment with the extra [station]")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/plain-install.json"))
    arguments = parser.parse_args()
    photo = draw_photo(Path("build/bench"), load_protocol()).absolute()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        plain, station = Install(arguments.plain, Path(one)), Install(arguments.station, Path(other))
        faults = check_plain(plain, photo) + check_station(station)
        sizes = {"plain_mb": plain.size_mb(), "station_mb": station.size_mb()}
    print(*faults, json.dumps(sizes), sep="\n")
    if not faults:
        write_stamped(arguments.out, sizes)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
