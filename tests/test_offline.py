"""The guard over the suite bites: in a suite of its own, of tests that reach for the network in every way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import ROOT
from tests.offline.sitecustomize import is_local

# 192.0.2.1 is kept for documentation: nobody answers there.
BITTEN = """
import contextlib, os, socket, subprocess, sys, urllib.request
import pytest

def connect():
    with socket.socket() as away:
        away.settimeout(0.1)
        away.connect(("192.0.2.1", 80))

def caught():
    with contextlib.suppress(OSError):
        connect()

def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as away:
        away.sendto(b"x", ("192.0.2.1", 53))

def listening():
    with socket.socket() as away:
        away.bind(("0.0.0.0", 0))

def look_up():
    socket.getaddrinfo("example.org", 80)

def page():
    urllib.request.urlopen("http://192.0.2.1/", timeout=0.1)

CODE = "import contextlib, socket\\nwith contextlib.suppress(OSError): socket.gethostbyname('example.org')"

def child():
    subprocess.run([sys.executable, "-c", CODE], check=True)

def child_with_a_bare_environment():
    subprocess.run([sys.executable, "-c", CODE], check=True, env={"PYTHONPATH": os.path.dirname(__file__)})

WAYS = [connect, caught, datagram, listening, look_up, page, child, child_with_a_bare_environment]

@pytest.mark.parametrize("reach", WAYS)
def test_away(reach):
    reach()

@pytest.fixture(scope="module")
def fixture():
    caught()

def test_fixture(fixture):
    pass
"""
UNHARMED = """
import os, socket, subprocess, sys
import pytest

def loopback():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(("localhost", server.getsockname()[1])):
        pass

def files(tmp_path=None):
    one, other = socket.socketpair()
    one.close(), other.close()

def child():
    code = "import socket; socket.create_server(('127.0.0.1', 0)).close(); socket.getaddrinfo('localhost', 80)"
    subprocess.run([sys.executable, "-c", code], check=True, env={"SYSTEMROOT": os.environ.get("SYSTEMROOT", "")})

@pytest.mark.parametrize("stay", [loopback, files, child])
def test_home(stay):
    stay()
"""


OUTSIDE = """
import contextlib, socket
import pytest

def ask(name):
    with contextlib.suppress(OSError):
        socket.gethostbyname(name)

ask("first.example.org")

@pytest.fixture(scope="session", autouse=True)
def late():
    yield
    ask("last.example.org")

def test_nothing():
    pass
"""


def outcomes(folder: Path, tests: str, *options: str) -> tuple[str, str, int]:
    """Runs tests in a suite with the guard. Returns: the last line of pytest, all it wrote, and its exit code."""
    (folder / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-p", "tests.offline.plugin", "-p", "no:cacheprovider", *options]
    done = subprocess.run(
        [*command, "--rootdir", str(folder), "-c", os.devnull, "-q", "-rfE", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout.splitlines()[-1], done.stdout, done.returncode


def test_whoever_reaches_for_the_network_fails(tmp_path: Path) -> None:
    last, printed, _ = outcomes(tmp_path, BITTEN)
    # Where the error is not caught the test fails by itself too.
    assert "5 failed" in last and "9 errors" in last, printed
    assert printed.count("a socket off loopback: socket.") >= 9, printed
    assert "socket.gethostbyname 'example.org'" in printed and "('192.0.2.1', 80)" in printed


def test_whoever_stays_on_this_machine_does_not(tmp_path: Path) -> None:
    last, printed, code = outcomes(tmp_path, UNHARMED)
    assert last.startswith("3 passed") and code == 0, printed


def test_what_is_tried_while_tests_are_collected_fails_the_first(tmp_path: Path) -> None:
    last, printed, _ = outcomes(tmp_path, OUTSIDE)
    assert "1 passed, 1 error" in last and "a socket off loopback: socket.gethostbyname 'first.example.org'" in printed


@pytest.mark.parametrize("options", [(), ("--numprocesses", "1")])
def test_what_is_tried_after_the_last_test_fails_the_suite(tmp_path: Path, options: tuple[str, ...]) -> None:
    """In one process and in several."""
    last, printed, code = outcomes(tmp_path, OUTSIDE.replace('ask("first.example.org")', ""), *options)
    assert "1 passed in" in last and code == 1
    assert "outside of any test: socket.gethostbyname 'last.example.org'" in printed


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", b"LOCALHOST", None, ""])
def test_loopback_is_local(host: object) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "0.0.0.0", "::", "fe80::1%eth0", "example.org", "127.0.0.1.example.org", b"\xff"]
)
def test_everything_else_is_not(host: object) -> None:
    assert not is_local(host)
