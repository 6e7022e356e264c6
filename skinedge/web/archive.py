"""The pages of visits in the records: the list, a visit with its advice, and later overrides and outcomes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar, get_args

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from skinedge.codes import Decision
from skinedge.errors import StoreError, UnknownVisitError
from skinedge.exchange.slip import Slip
from skinedge.exchange.slip_page import slip_pdf
from skinedge.preprocess.photo import browser_photo
from skinedge.records.visit import Outcome, Override, Record, parse_visit_id
from skinedge.web import limits
from skinedge.web.auth import kept_form, receive_form, see, sent_while_locked
from skinedge.web.backup_pages import reminders
from skinedge.web.forms import Form
from skinedge.web.pages import page, words_of
from skinedge.web.station import station_of

Value = TypeVar("Value")

_adding = threading.Lock()
"""Held while a record is read and added to: of two forms that were sent at once, the second sees the first."""
_MALIGNANT = {"yes": True, "no": False, "unclear": None}


def show_visits(request: Request) -> Response:
    station = station_of(request)
    store = station.locker.store
    number = _page_number(request.query_params.get("page", "1"))
    found = store.records(limit=limits.VISITS_A_PAGE, offset=(number - 1) * limits.VISITS_A_PAGE)
    waiting = station.kept.paths(request.state.cookie)
    values = {
        "waiting": waiting[0] if waiting else None,
        "found": found,
        "alerts": store.alerts(),
        "page_number": number,
        **reminders(request),
        "pages": max(1, math.ceil(found.total / limits.VISITS_A_PAGE)),
        "drafts": station.drafts.unfinished(),
    }
    return page(request, "visits", values)


async def search(request: Request) -> Response:
    """By post, so that no pseudonym stays in the browser's history."""
    form = await receive_form(request)
    wanted = form.text("wanted")
    if not wanted:
        return see("/visits")
    store = station_of(request).locker.store
    found = await run_in_threadpool(store.records, limit=limits.VISITS_A_PAGE, patient=wanted)
    if found.total == 0:
        try:
            record = await run_in_threadpool(store.record, parse_visit_id(wanted))
        except StoreError:
            pass
        else:
            return see(f"/visits/{record.visit.visit_id}")
    alerts = await run_in_threadpool(store.alerts, patient=wanted)
    return page(request, "found", {"found": found, "alerts": alerts, "wanted": wanted})


def show_visit(request: Request) -> Response:
    record = existing_record(request)
    values = {
        "record": record,
        "result": record.visit.result,
        "answers": record.visit.answers,
        "new": "new" in request.query_params,
        "late": "late" in request.query_params,
    }
    return page(request, "visit", values)


def send_photo(request: Request) -> Response:
    photo = _existing(request, station_of(request).locker.store.photo)
    if photo is None:
        raise HTTPException(404)
    shown, media_type = browser_photo(photo)
    return Response(shown, media_type=media_type)


def send_slip(request: Request) -> Response:
    """The slip for the patient, as PDF in the language of the page."""
    record, words = existing_record(request), words_of(request)
    slip = Slip.of(record, words, _existing(request, station_of(request).locker.store.photo))
    with station_of(request).screening:  # It decodes the photo.
        pdf = slip_pdf(slip, words)
    headers = {"Content-Disposition": f'inline; filename="skinedge-{record.visit.visit_id}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def show_history(request: Request) -> Response:
    record, store = existing_record(request), station_of(request).locker.store
    values = {
        "record": record,
        "found": store.records(limit=100, patient=record.visit.patient),
        "alerts": store.alerts(patient=record.visit.patient),
    }
    return page(request, "history", values)


def show_override(request: Request) -> Response:
    return _override_page(request, existing_record(request), kept_form(request), sent_while_locked(request))


async def take_override(request: Request) -> Response:
    form = await receive_form(request)
    record = await run_in_threadpool(existing_record, request)
    decision = next((known for known in get_args(Decision) if known == form.text("decision")), None)
    if decision is None or not form.text("reason") or not form.text("by"):
        return _override_page(request, record, form)
    override = Override(decision=decision, reason=form.text("reason"), by=form.text("by"), at=datetime.now(UTC))
    await run_in_threadpool(_add_once, request, override)
    return see(f"/visits/{record.visit.visit_id}")


def show_outcome(request: Request) -> Response:
    return _outcome_page(request, existing_record(request), kept_form(request), sent_while_locked(request))


async def take_outcome(request: Request) -> Response:
    form = await receive_form(request)
    record = await run_in_threadpool(existing_record, request)
    day = _past_day(form.text("on"))
    malignant = form.text("malignant")
    if day is None or malignant not in _MALIGNANT or not form.text("label") or not form.text("by"):
        return _outcome_page(request, record, form)
    outcome = Outcome(
        label=form.text("label"), malignant=_MALIGNANT[malignant], on=day, by=form.text("by"), at=datetime.now(UTC)
    )
    await run_in_threadpool(_add_once, request, outcome)
    return see(f"/visits/{record.visit.visit_id}")


def _add_once(request: Request, added: Override | Outcome) -> None:
    """Adds what a form said, unless it is what was said last: by a double tap, or a page that is loaded anew."""
    store = station_of(request).locker.store
    with _adding:
        record = existing_record(request)
        if record.added and record.added[-1] == added.model_copy(update={"at": record.added[-1].at}):
            return
        if isinstance(added, Override):
            store.add_override(record.visit.visit_id, added)
        else:
            store.add_outcome(record.visit.visit_id, added)


def existing_record(request: Request) -> Record:
    """The record that an address names. Raises: HTTPException 404; DamagedRecordError."""
    return _existing(request, station_of(request).locker.store.record)


def _existing(request: Request, read: Callable[[str], Value]) -> Value:
    try:
        visit_id = parse_visit_id(request.path_params["visit"])
    except StoreError:
        raise HTTPException(404) from None
    try:
        return read(visit_id)
    except UnknownVisitError:
        raise HTTPException(404) from None


def _override_page(request: Request, record: Record, form: Form | None, problem: str | None = None) -> Response:
    """With a form that was sent: what is wrong with it, or `problem`."""
    status = 400 if form and not problem else 200
    problem = (problem or words_of(request).gettext("Fill in every field.")) if form else None
    # The page of a visit that must be referred comes with that decision chosen.
    given = form or Form({"decision": request.query_params.get("decision", "")})
    values = {"record": record, "form_given": given, "decisions": get_args(Decision), "problem": problem}
    return page(request, "override", values, status=status)


def _outcome_page(request: Request, record: Record, form: Form | None, problem: str | None = None) -> Response:
    """With a form that was sent: what is wrong with it, or `problem`."""
    status = 400 if form and not problem else 200
    wrong = words_of(request).gettext("Fill in every field. The day cannot lie in the future.")
    problem = (problem or wrong) if form else None
    values = {"record": record, "form_given": form or Form({}), "today": date.today().isoformat(), "problem": problem}
    return page(request, "outcome", values, status=status)


def _past_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(1900, 1, 1) <= day <= date.today() else None


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text) else 1
