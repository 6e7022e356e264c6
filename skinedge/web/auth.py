"""Checks what a browser may reach: the PIN first, the passphrase next, then the records."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skinedge.web import limits
from skinedge.web.forms import Form, read_form
from skinedge.web.station import Station, station_of

COOKIE = "skinedge_session"

_FOR_ALL = ("/static/", "/language")
_WHILE_LOCKED = ("/unlock", "/forgotten")


class Door:
    """Gives each request its `state`: cookie, form_token, unlocked, idle_s, encrypted. Sends it to a gate where needed."""

    def __init__(self, app: ASGIApp, *, station: Station) -> None:
        self._app = app
        self._station = station

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        station, request = self._station, Request(scope)
        known = request.cookies.get(COOKIE, "")
        cookie = known if 20 <= len(known) <= 64 and known.isascii() else ""
        session = station.sessions.find(cookie) if cookie else None
        pin_given = station.pin is None or (session is not None and session.pin_given)
        unlocked = pin_given and station.enter(cookie)
        state = request.state
        state.cookie = cookie or station.sessions.new_cookie()
        state.form_token = station.sessions.form_token(state.cookie)
        state.pin_given, state.unlocked = pin_given, unlocked
        state.idle_s, state.encrypted = station.sessions.idle_s, station.encrypted

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and state.cookie != known:
                secure = "; Secure" if station.encrypted else ""
                MutableHeaders(scope=message).append(
                    "Set-Cookie", f"{COOKIE}={state.cookie}; HttpOnly; SameSite=Strict; Path=/{secure}"
                )
            await send(message)

        gate = _gate(request.url.path, pin_given=pin_given, unlocked=unlocked)
        app = RedirectResponse(gate, 303) if gate else self._app
        try:
            await app(scope, receive, with_cookie)
        finally:
            if unlocked:
                station.locker.leave()
        if unlocked and not station.sessions.anyone_unlocked():
            await run_in_threadpool(station.forget_the_idle)


def _gate(path: str, *, pin_given: bool, unlocked: bool) -> str | None:
    """Where a browser must go first; None where it may pass."""
    if path.startswith(_FOR_ALL) or unlocked:
        return None
    if not pin_given:
        return None if path == "/pin" else "/pin"
    return None if path in _WHILE_LOCKED else "/unlock"


async def receive_form(request: Request, *, limit_bytes: int = limits.FORM_BYTES) -> Form:
    """The form of a request that changes something. Raises: HTTPException 403 where it was not made for this browser."""
    form = await read_form(request, limit_bytes=limit_bytes)
    if not station_of(request).sessions.owns_token(request.state.cookie, form.text("token")):
        raise HTTPException(403)
    return form


def see(path: str) -> Response:
    """After a change: a page that may be reloaded without sending the form again."""
    return RedirectResponse(path, 303)
