"""Runs a station until it is stopped."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from skinedge.errors import ConfigError
from skinedge.web.app import create_app
from skinedge.web.security_headers import place_of
from skinedge.web.station import Station

SHORTEST_PIN = 6
_FORGET_EVERY_S = 20.0


@dataclass(frozen=True)
class Address:
    """Where the station listens, and with which certificate."""

    host: str = "127.0.0.1"
    port: int = 8765
    certificate: Path | None = None
    key: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.certificate else ''}://{shown}:{self.port}/"


def check_pin(pin: str) -> str:
    """Raises: ConfigError where a PIN is too easy to guess, even slowly."""
    if len(pin) < SHORTEST_PIN or len(set(pin)) < 3:
        raise ConfigError(f"the PIN is too easy: expected at least {SHORTEST_PIN} characters, three of them different")
    return pin


def serve(station: Station, address: Address) -> None:
    """Serves pages until SIGINT or SIGTERM; then closes the records. Raises: ConfigError where it cannot listen there."""
    for file in (address.certificate, address.key):
        if file is not None and not file.is_file():
            raise ConfigError(f"no file at {file}: give a certificate with --certfile and its key with --keyfile")
    with _listener(address) as listener:
        print(f"The station is at {address.url} until you press Ctrl+C.", file=sys.stderr)
        config = uvicorn.Config(
            create_app(station),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=5,
            h11_max_incomplete_event_size=16 * 1024,
            limit_concurrency=64,
            ssl_certfile=address.certificate,
            ssl_keyfile=address.key,
        )
        stopped = threading.Event()
        threading.Thread(target=_forget_the_idle, args=(station, stopped), daemon=True).start()
        try:
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            stopped.set()
            station.locker.lock()


def _forget_the_idle(station: Station, stopped: threading.Event) -> None:
    while not stopped.wait(_FORGET_EVERY_S):
        try:
            station.forget_the_idle()
        except Exception as error:  # noqa: BLE001 - a bug must not leave the records open for ever
            print(place_of(error), file=sys.stderr)


def _listener(address: Address) -> socket.socket:
    try:
        family, *_, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(place[:2], family=family)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {address.host}, port {address.port}: {error.strerror}; "
            "stop what uses it, or give another --port"
        ) from None
    # Else the last piece of each page waits 40 ms for the browser to confirm the piece before.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
