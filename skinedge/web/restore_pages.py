"""The page of a station without records that makes them from a backup in the folder that the operator named."""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from skinedge.errors import StoreError
from skinedge.records.backup import SUFFIX
from skinedge.records.ledger import Secret
from skinedge.records.recovery_key import RecoveryKey
from skinedge.web.auth import receive_form, see
from skinedge.web.forms import Form
from skinedge.web.pages import page, too_many_tries, words_of
from skinedge.web.sessions import TooManyTriesError
from skinedge.web.station import Station, station_of


def backups_of(station: Station) -> list[Path]:
    """The backups that are there to be restored, the newest name first."""
    try:
        return sorted(station.backups.glob(f"*{SUFFIX}"), reverse=True) if station.backups else []
    except OSError:  # A stick that was pulled out.
        return []


def show_restore(request: Request) -> Response:
    return see("/visits") if station_of(request).locker.exists else _restore_page(request)


async def restore(request: Request) -> Response:
    form = await receive_form(request)
    return await run_in_threadpool(_restore, request, form)


def _restore(request: Request, form: Form) -> Response:
    station, state, words = station_of(request), request.state, words_of(request)
    if station.locker.exists:
        return see("/visits")
    file = next((file for file in backups_of(station) if file.name == form.text("file")), None)
    if file is None:
        return _restore_page(request, words.gettext("Choose a backup."))
    secret = _secret(form.fields.get("passphrase", ""))
    try:
        fresh = station.restore(state.cookie, file, secret, pin_given=state.pin_given)
    except TooManyTriesError:
        return too_many_tries(request, station.passphrase_attempts)
    except StoreError as error:
        return _restore_page(request, words.error(error))
    if fresh is None:
        return _restore_page(request, words.gettext("Neither the passphrase nor the recovery key of this backup."))
    # This browser was let in by this very request.
    state.cookie, state.unlocked, state.form_token = fresh, True, station.sessions.form_token(fresh)
    store = station.locker.store
    values = {
        "total": store.records(limit=0).total,
        "problems": store.verify(),
        "command": "skinedge records verify",
        "forgotten": isinstance(secret, RecoveryKey),
    }
    return page(request, "restored", values)


def _secret(typed: str) -> Secret:
    try:
        return RecoveryKey.parse(typed)
    except StoreError:
        return typed


def _restore_page(request: Request, problem: str | None = None) -> Response:
    values = {"problem": problem, "files": [file.name for file in backups_of(station_of(request))]}
    return page(request, "restore", values, status=403 if problem else 200)
