"""No socket off this machine: in the tests' own process, and in every Python that a test starts.

Python imports a module of this name when it starts, from a folder in PYTHONPATH. `install` puts this folder there, and into
what children are given as their own environment. Native code, and programs that are not Python, are not seen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path

LOG_VARIABLE = "SKINEDGE_TESTS_OFFLINE"
"""Names the file to which each attempt is written, as whoever made it may well catch the error."""

_CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind")
_LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")


class OfflineError(OSError):
    """Refuses a socket off the loopback interface."""


def install(log: Path | str) -> None:
    """Refuses and writes down whatever would leave this machine, from now on and in children; it cannot be taken back."""
    os.environ[LOG_VARIABLE] = str(log)
    _pass_on(os.environ)
    sys.addaudithook(_watch)


def attempts(log: Path) -> list[str]:
    """What was refused so far, a line each."""
    return log.read_text(encoding="utf-8").splitlines() if log.is_file() else []


def is_local(host: object) -> bool:
    """Whether a host is this machine's loopback interface, or its own name; nothing at all asks no one."""
    import ipaddress
    import socket

    text = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host or "localhost")
    if text.casefold() in ("localhost", socket.gethostname().casefold()):
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and isinstance(arguments[3], MutableMapping):
        _pass_on(arguments[3])
    elif event.startswith("socket.") and not all(map(is_local, _hosts(event, arguments))):
        line = f"{event} {arguments[-1] if event in _CONNECTS else arguments[0]!r}"
        with Path(os.environ[LOG_VARIABLE]).open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")
        raise OfflineError(f"tests stay on this machine, and this wanted {line}; use 127.0.0.1, or a fake")


def _hosts(event: str, arguments: tuple[object, ...]) -> Iterator[object]:
    """Hosts that a call is about; none for sockets in the file system."""
    if event in _CONNECTS:
        if isinstance(arguments[1], tuple):
            yield arguments[1][0]
    elif event in _LOOK_UPS:
        yield arguments[0][0] if isinstance(arguments[0], tuple) else arguments[0]


def _pass_on(environment: MutableMapping[str, str]) -> None:
    here, paths = str(Path(__file__).parent), environment.get("PYTHONPATH", "")
    environment[LOG_VARIABLE] = os.environ[LOG_VARIABLE]
    if here not in paths.split(os.pathsep):
        environment["PYTHONPATH"] = os.pathsep.join([here, *filter(None, [paths])])


if __name__ == "sitecustomize" and LOG_VARIABLE in os.environ:
    install(os.environ[LOG_VARIABLE])
