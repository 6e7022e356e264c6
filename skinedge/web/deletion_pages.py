"""The pages that delete a patient's records: what will go, the question once more with the passphrase, and what is left."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from skinedge.errors import UnknownVisitError
from skinedge.records.visit import Record
from skinedge.web import limits
from skinedge.web.archive import existing_record
from skinedge.web.auth import receive_form
from skinedge.web.forms import Form
from skinedge.web.pages import page, too_many_tries, words_of
from skinedge.web.sessions import TooManyTriesError
from skinedge.web.station import station_of


def show_deletion(request: Request) -> Response:
    return _deletion_page(request, existing_record(request))


async def ask_again(request: Request) -> Response:
    """The second question. Nothing is changed yet."""
    form = await receive_form(request)
    return await run_in_threadpool(_ask_again, request, form)


async def delete(request: Request) -> Response:
    form = await receive_form(request)
    return await run_in_threadpool(_delete, request, form)


def _ask_again(request: Request, form: Form) -> Response:
    record = existing_record(request)
    if not form.text("reason") or not form.text("by"):
        return _deletion_page(request, record, form, words_of(request).gettext("Fill in every field."))
    return _last_page(request, record, form)


def _delete(request: Request, form: Form) -> Response:
    station, words, record = station_of(request), words_of(request), existing_record(request)
    if not form.text("reason") or not form.text("by"):
        return _deletion_page(request, record, form, words.gettext("Fill in every field."))
    try:
        if not station.confirms(form.fields.get("passphrase", "")):
            return _last_page(request, record, form, words.gettext("This passphrase is not right."))
    except TooManyTriesError:
        return too_many_tries(request, station.passphrase_attempts)
    try:
        deletion = station.locker.store.delete_patient(record.visit.patient, reason=form.text("reason"), by=form.text("by"))
    except UnknownVisitError:  # Somebody else was faster.
        raise HTTPException(404) from None
    return page(request, "deleted", {"deletion": deletion})


def _deletion_page(request: Request, record: Record, form: Form | None = None, problem: str | None = None) -> Response:
    found = station_of(request).locker.store.records(limit=limits.VISITS_A_PAGE, patient=record.visit.patient)
    values = {"record": record, "found": found, "form_given": form or Form({}), "problem": problem}
    return page(request, "delete", values, status=400 if problem else 200)


def _last_page(request: Request, record: Record, form: Form, problem: str | None = None) -> Response:
    total = station_of(request).locker.store.records(limit=0, patient=record.visit.patient).total
    values = {"record": record, "total": total, "form_given": form, "problem": problem}
    return page(request, "delete_now", values, status=403 if problem else 200)
