"""A running `skinedge serve`, for drivers and tests that need a real one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def serving(records: Path, *options: str, pin: str | None = None) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Starts a station and stops it as Ctrl+C does. Yields: its address and its process."""
    port = free_port()
    environment = os.environ | ({"SKINEDGE_PIN": pin} if pin else {})
    command = [sys.executable, "-m", "skinedge.cli", "serve", "--records", str(records), "--port", str(port), *options]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        if process.stderr:
            process.stderr.close()


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise AssertionError(f"the station ended: {process.stderr.read() if process.stderr else ''}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the station did not start in 30 s")
