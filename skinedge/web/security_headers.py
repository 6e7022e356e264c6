"""Middleware for every request: checks the Host header, sets security headers, and logs without patients' data."""

from __future__ import annotations

import ipaddress
import sys
import traceback

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_ANY_ADDRESS = ("0.0.0.0", "::")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """Refuses requests that were sent to another name than this machine's, and puts `SECURITY_HEADERS` on each answer.

    A page elsewhere can make its own name point here (DNS rebinding); the Host header then still says its name.
    """

    def __init__(self, app: ASGIApp, *, host: str) -> None:
        self._app = app
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        may_show_patient = not scope["path"].startswith("/static/")

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                headers.setdefault("Cache-Control", "no-store" if may_show_patient else "max-age=3600")
            await send(message)

        if not is_ours(Headers(scope=scope).get("host", ""), self._host):
            await PlainTextResponse("This is not the address of the station.\n", 421)(scope, receive, guarded)
            return
        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001 - a bug: the person has a calm page by now, the log gets its place
            print(place_of(error), file=sys.stderr)
            if not started:
                await PlainTextResponse("Something went wrong.\n", 500)(scope, receive, guarded)


def is_ours(host_header: str, host: str) -> bool:
    """Whether a Host header names this machine, which listens on `host`."""
    name = _without_port(host_header).lower()
    if name in _HERE or name == host.lower():
        return True
    # Listening everywhere, it has addresses that it need not know. No other site can own an address as its name.
    return host in _ANY_ADDRESS and _is_address(name)


def place_of(error: BaseException) -> str:
    """A traceback without the error's message, in which there may be something of a patient."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"skinedge serve: a bug, {type(error).__name__}. Where (most recent call last):\n{frames}".rstrip()


def _without_port(host_header: str) -> str:
    if host_header.startswith("["):
        return host_header[1:].partition("]")[0]
    return host_header.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
