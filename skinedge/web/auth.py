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
from skinedge.web.kept import is_step, keep_for_later
from skinedge.web.pages import page, words_of
from skinedge.web.station import Station, station_of
from skinedge.words import Translator

COOKIE = "skinedge_session"

_FOR_ALL = ("/static/", "/language")
_WHILE_LOCKED = ("/unlock", "/forgotten", "/restore")


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
            if message["type"] != "http.response.start":
                await send(message)
                return
            if app is self._app and request.method == "POST" and message["status"] < 400:
                station.kept.drop(state.cookie, request.url.path)  # It has been sent again.
            if state.cookie != known:
                secure = "; Secure" if station.encrypted else ""
                MutableHeaders(scope=message).append(
                    "Set-Cookie", f"{COOKIE}={state.cookie}; HttpOnly; SameSite=Strict; Path=/{secure}"
                )
            await send(message)

        gate = _gate(request.url.path, pin_given=pin_given, unlocked=unlocked)
        app: ASGIApp = self._app
        try:
            app = await self._answer(Request(scope, receive), gate)
            await app(scope, receive, with_cookie)
        finally:
            if unlocked:
                station.locker.leave()
        if unlocked and not station.sessions.anyone_unlocked():
            await run_in_threadpool(station.forget_the_idle)

    async def _answer(self, request: Request, gate: str | None) -> ASGIApp:
        """The app; else the way to a gate, behind which a form that was sent waits."""
        # A page that was left idle sends itself to be kept, not to be acted on.
        if not is_step(request) or not (gate or "keep" in request.query_params):
            return RedirectResponse(gate, 303) if gate else self._app
        kept = await keep_for_later(request, self._station.kept, gate)
        return kept or page(request, "error", not_kept(words_of(request)), status=503)


def not_kept(words: Translator) -> dict[str, str]:
    return {
        "title": words.gettext("This could not be kept"),
        "text": words.gettext("Unlock the records, go back, and send it again."),
    }


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
    if "kept" in form.fields and (kept := station_of(request).kept.find(request.state.cookie, request.url.path)):
        return kept
    return form


def kept_form(request: Request) -> Form | None:
    """What was sent to this page while the station was locked, where somebody asks to see it."""
    return station_of(request).kept.find(request.state.cookie, request.url.path) if "kept" in request.query_params else None


def sent_while_locked(request: Request) -> str:
    """The line above a page that shows a `kept_form`."""
    return words_of(request).gettext("This was sent while the station was locked. Look at it, then send it again.")


def see_first(request: Request) -> Response:
    """For a browser that was just let in: what it sent to the lock and waits there, else the list."""
    waiting = station_of(request).kept.paths(request.state.cookie)
    return see(f"{waiting[0]}?kept" if waiting else "/visits")


def see(path: str) -> Response:
    """After a change: a page that may be reloaded without sending the form again."""
    return RedirectResponse(path, 303)
