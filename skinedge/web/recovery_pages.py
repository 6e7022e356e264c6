"""The pages of the recovery key: shown once to be printed, made anew, and used where the passphrase is forgotten."""

from __future__ import annotations

import threading
from datetime import date

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from skinedge.errors import StoreError
from skinedge.records.recovery_key import RecoveryKey
from skinedge.records.vault import SHORTEST_PASSPHRASE
from skinedge.web.auth import receive_form, see, see_first
from skinedge.web.forms import Form
from skinedge.web.pages import page, too_many_tries, words_of
from skinedge.web.sessions import TooManyTriesError
from skinedge.web.station import station_of

_making = threading.Lock()
"""Held while a key is made: two browsers would each show one, and only the later would open anything."""


def show_first_key(request: Request) -> Response:
    """The key of a station that was just set up, for the browser that did it."""
    station, state = station_of(request), request.state
    # This browser was let in by this very request.
    state.unlocked, state.form_token = True, station.sessions.form_token(state.cookie)
    with _making:
        if station.locker.store.recovery_key_made_at():  # Two browsers set it up at once.
            return see("/visits")
        return _key_page(request, replaced=False)


def show_recovery(request: Request) -> Response:
    return _recovery_page(request)


async def make_key(request: Request) -> Response:
    """A new key in the place of the one before: for whoever gives the passphrase again."""
    form = await receive_form(request)
    return await run_in_threadpool(_make_key, request, form)


async def note_on_paper(request: Request) -> Response:
    """Somebody has the key on paper. Of an older key's page nothing is noted: the list goes on reminding of the newest."""
    form = await receive_form(request)
    await run_in_threadpool(_note_on_paper, request, form)
    return see("/visits")


def show_forgotten(request: Request) -> Response:
    if request.state.unlocked or not station_of(request).locker.exists:
        return see("/visits")
    return _forgotten_page(request)


async def take_key(request: Request) -> Response:
    """The recovery key, and the passphrase that is to be from now on."""
    form = await receive_form(request)
    return await run_in_threadpool(_take_key, request, form)


def _make_key(request: Request, form: Form) -> Response:
    station, words = station_of(request), words_of(request)
    try:
        if not station.confirms(form.fields.get("passphrase", "")):
            return _recovery_page(request, words.gettext("This passphrase is not right."))
    except TooManyTriesError:
        return too_many_tries(request, station.passphrase_attempts)
    with _making:
        made_at = station.locker.store.recovery_key_made_at()
        if form.text("replaces") == str(made_at):
            return _key_page(request, replaced=made_at is not None)
    # Another browser, or this page loaded anew: the key that is on paper by now must stay the key.
    return _recovery_page(request, words.gettext("This form has made a key already. The newest paper counts."))


def _note_on_paper(request: Request, form: Form) -> None:
    store = station_of(request).locker.store
    with _making:
        if form.text("made_at") == str(store.recovery_key_made_at()) and not store.recovery_key_is_on_paper():
            store.note_recovery_key_on_paper()


def _take_key(request: Request, form: Form) -> Response:
    station, state, words = station_of(request), request.state, words_of(request)
    passphrase = form.fields.get("passphrase", "")
    if len(passphrase) < SHORTEST_PASSPHRASE:
        return _forgotten_page(request, form, words.gettext("This passphrase is too short."))
    if passphrase != form.fields.get("repeated", ""):
        return _forgotten_page(request, form, words.gettext("The two passphrases differ. Type them again."))
    try:
        key = RecoveryKey.parse(form.text("key"))
        fresh = station.recover(state.cookie, key, passphrase, pin_given=state.pin_given)
    except TooManyTriesError:
        return too_many_tries(request, station.passphrase_attempts)
    except StoreError as error:
        return _forgotten_page(request, form, words.error(error))
    if fresh is None:
        text = words.gettext("This is not the recovery key of these records. Look for the newest paper.")
        return _forgotten_page(request, form, text)
    state.cookie = fresh
    return see_first(request)


def _key_page(request: Request, *, replaced: bool) -> Response:
    # In the answer to a form alone: no address leads to it, and no browser keeps it.
    station = station_of(request)
    key = station.locker.store.new_recovery_key()
    made_at = station.locker.store.recovery_key_made_at()
    values = {"groups": key.groups, "replaced": replaced, "made_at": made_at, "site": station.site, "today": date.today()}
    return page(request, "recovery_key", values)


def _recovery_page(request: Request, problem: str | None = None) -> Response:
    station = station_of(request)
    made_at = station.locker.store.recovery_key_made_at()
    values = {"problem": problem, "made_at": made_at, "over_wifi": station.is_open_to_others}
    return page(request, "recovery", values, status=403 if problem else 200)


def _forgotten_page(request: Request, form: Form | None = None, problem: str | None = None) -> Response:
    values = {
        "problem": problem,
        "form_given": form or Form({}),
        "shortest": SHORTEST_PASSPHRASE,
        "over_wifi": station_of(request).is_open_to_others,
    }
    return page(request, "forgotten", values, status=403 if problem else 200)
