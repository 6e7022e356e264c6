"""`skinedge serve` as a clinic starts it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest

from benchmarks.drivers.serving import serving
from tests.conftest import Command


def test_it_serves_until_it_is_stopped_and_says_where(tmp_path: Path) -> None:
    with serving(tmp_path / "records", "--backups", str(tmp_path)) as (address, process):
        response = httpx.get(f"{address}/", follow_redirects=True)
        assert (
            response.url.path == "/unlock"
            and "Set up" in response.text
            and "/restore" in response.text
            and "server" not in response.headers
        )
        rebound = httpx.get(address, headers={"Host": "evil.example"})
        assert rebound.status_code == 421
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0 or process.returncode == 130
        assert process.stderr and process.stderr.read() == f"The station is at {address}/ until you press Ctrl+C.\n"


def test_other_addresses_demand_a_pin(skinedge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKINEDGE_PIN", raising=False)
    code, _, error = skinedge("serve", "--host", "0.0.0.0", "--records", tmp_path)
    assert code == 1 and "set SKINEDGE_PIN" in error
    monkeypatch.setenv("SKINEDGE_PIN", "1111")
    code, _, error = skinedge("serve", "--host", "0.0.0.0", "--records", tmp_path)
    assert code == 1 and "too easy" in error


def test_with_a_pin_the_first_page_asks_for_it(tmp_path: Path) -> None:
    with serving(tmp_path / "records", "--pin", pin="493817") as (address, _):
        assert httpx.get(f"{address}/visits", follow_redirects=True).url.path == "/pin"


def test_what_cannot_be_served_is_one_line(skinedge: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, error = skinedge("serve", "--port", str(taken.getsockname()[1]), "--records", tmp_path)
        assert code == 1 and "cannot listen on 127.0.0.1" in error and error.count("\n") == 1
    code, _, error = skinedge("serve", "--certfile", tmp_path / "c.pem", "--records", tmp_path)
    assert code == 1 and "expected both or neither" in error
    code, _, error = skinedge("serve", "--certfile", tmp_path / "c", "--keyfile", tmp_path / "k", "--records", tmp_path)
    assert code == 1 and "no file at" in error


def test_screening_on_the_command_line_loads_no_web_server() -> None:
    program = (
        "import sys; sys.argv = ['skinedge', 'screen', 'none.jpg']\n"
        "from skinedge.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('starlette', 'uvicorn', 'jinja2', 'torch', 'reportlab') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_the_station_needs_no_torch() -> None:
    program = "import sys, skinedge.web.serving; print([n for n in ('torch', 'scipy', 'pandas') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout == "[]\n"
