"""The pages before the records: PIN, passphrase, first set-up; the lock, and the choice of a language."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from skinedge.records.vault import SHORTEST_PASSPHRASE
from skinedge.web import recovery_pages
from skinedge.web.auth import receive_form, see, see_first
from skinedge.web.pages import LANGUAGE_COOKIE, page, too_many_tries, words_of
from skinedge.web.sessions import TooManyTriesError
from skinedge.web.station import station_of
from skinedge.words import LANGUAGES

_YEAR_S = 365 * 24 * 3600


def show_pin(request: Request) -> Response:
    return see("/visits") if request.state.pin_given else page(request, "pin")


async def take_pin(request: Request) -> Response:
    station, words = station_of(request), words_of(request)
    form = await receive_form(request)
    if station.pin_attempts.wait_s():
        return too_many_tries(request, station.pin_attempts)
    if not station.takes_pin(form.text("pin")):
        station.pin_attempts.count_wrong()
        return page(request, "pin", {"problem": words.gettext("This PIN is not right.")}, status=403)
    station.pin_attempts.forget()
    fresh = station.sessions.prove(request.state.cookie, pin=True)
    station.kept.move(request.state.cookie, fresh)
    request.state.cookie = fresh
    return see("/visits")


def show_unlock(request: Request) -> Response:
    if request.state.unlocked:
        return see("/visits")
    return _unlock_page(request, not station_of(request).locker.exists)


async def take_passphrase(request: Request) -> Response:
    station, words = station_of(request), words_of(request)
    form = await receive_form(request)
    # As typed: spaces may be part of it.
    passphrase = form.fields.get("passphrase", "")
    first = not await run_in_threadpool(lambda: station.locker.exists)
    if first:
        if len(passphrase) < SHORTEST_PASSPHRASE:
            return _unlock_page(request, first, words.gettext("This passphrase is too short."))
        if passphrase != form.fields.get("repeated", ""):
            return _unlock_page(request, first, words.gettext("The two passphrases differ. Type them again."))
    state = request.state
    try:
        fresh = await run_in_threadpool(station.unlock, state.cookie, passphrase, pin_given=state.pin_given, first=first)
    except TooManyTriesError:
        return too_many_tries(request, station.passphrase_attempts)
    if fresh is None:
        return _unlock_page(request, False, words.gettext("This passphrase is not right."))
    state.cookie = fresh
    if first:
        return await run_in_threadpool(recovery_pages.show_first_key, request)
    return see_first(request)


async def lock(request: Request) -> Response:
    station = station_of(request)
    await receive_form(request)
    # The records close behind this request, where no other browser needs them.
    station.sessions.end(request.state.cookie)
    fresh = station.sessions.new_cookie()
    station.kept.move(request.state.cookie, fresh)
    request.state.cookie = fresh
    return see("/unlock")


def alive(_: Request) -> Response:
    """For a page that somebody touches without asking for another: being asked counts as being used."""
    return Response(status_code=204)


async def discard_kept(request: Request) -> Response:
    await receive_form(request)
    station_of(request).kept.drop(request.state.cookie)
    return see("/visits")


async def choose_language(request: Request) -> Response:
    form = await receive_form(request)
    # A path on this station and nothing else: "//elsewhere" would be another site.
    back = form.text("back")
    response = see(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/visits")
    if form.text("language") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            form.text("language"),
            max_age=_YEAR_S,
            httponly=True,
            samesite="strict",
            secure=request.state.encrypted,
        )
    return response


def _unlock_page(request: Request, first: bool, problem: str | None = None) -> Response:
    station = station_of(request)
    values = {
        "problem": problem,
        "shortest": SHORTEST_PASSPHRASE,
        "kept": bool(station.kept.paths(request.state.cookie)),
        "restorable": first and station.backups is not None,
    }
    return page(request, "setup" if first else "unlock", values, status=403 if problem else 200)
