"""A new visit, one task a page: consent, photo, questions. It ends with advice, on a page of `skinedge.web.archive`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from skinedge.contract import ClinicalField, Contract
from skinedge.errors import AnswerError, PhotoError
from skinedge.records.visit import new_pseudonym, parse_visit_id
from skinedge.web import limits
from skinedge.web.auth import receive_form, see
from skinedge.web.drafts import Draft, TooManyDraftsError, agreement_of
from skinedge.web.finishing import KEEP_PHOTO, finish, keep_photo
from skinedge.web.forms import Form
from skinedge.web.pages import language_of, page, words_of
from skinedge.web.station import station_of

_ANSWER = "answer_"


async def start(request: Request) -> Response:
    """Starts a visit; with `again`, another one of the same lesion, for which only the photo is new."""
    station = station_of(request)
    form = await receive_form(request)
    again = form.text("again")
    former = await run_in_threadpool(station.locker.store.record, parse_visit_id(again)) if again else None
    try:
        draft = station.drafts.start()
    except TooManyDraftsError:
        return _no_room(request)
    if former is None:
        return see(f"/drafts/{draft.id}/consent")
    draft.patient = former.visit.patient
    draft.agreement = "photo" if KEEP_PHOTO in former.visit.consent.agreed_to else "no_photo"
    draft.agreed_at = former.visit.consent.at
    draft.answers = {name: answer for name, answer in former.visit.answers.items() if answer is not None}
    return see(f"/drafts/{draft.id}/photo")


async def discard(request: Request) -> Response:
    await receive_form(request)
    station_of(request).drafts.discard(request.path_params["draft"])
    return see("/visits")


def show_consent(request: Request) -> Response:
    draft = _draft(request)
    return _elsewhere(draft) or page(request, "consent", {"draft": draft, "longest_code": limits.PATIENT_CHARACTERS})


async def take_consent(request: Request) -> Response:
    draft = _draft(request)
    form = await receive_form(request)
    if elsewhere := _elsewhere(draft):
        return elsewhere
    agreement = agreement_of(form.text("consent"))
    if agreement is None:
        problem = words_of(request).gettext("Choose what the station may keep, or stop the visit.")
        values = {"draft": draft, "longest_code": limits.PATIENT_CHARACTERS, "problem": problem}
        return page(request, "consent", values, status=400)
    draft.agreement, draft.agreed_at = agreement, datetime.now(UTC)
    draft.patient = " ".join(form.text("patient").split())[: limits.PATIENT_CHARACTERS] or draft.patient or new_pseudonym()
    return see(f"/drafts/{draft.id}/photo")


def show_photo(request: Request) -> Response:
    draft = _draft(request)
    return _elsewhere(draft, "consent") or _photo_page(request, draft)


async def take_photo(request: Request) -> Response:
    draft, station = _draft(request), station_of(request)
    form = await receive_form(request, limit_bytes=limits.PHOTO_BYTES)
    if elsewhere := _elsewhere(draft, "consent"):
        return elsewhere
    words = words_of(request)
    if not form.file:
        return _photo_page(request, draft, words.gettext("No photo came along. Take one, or choose one."))
    try:
        await run_in_threadpool(keep_photo, station, draft, form.file)
    except PhotoError as error:
        return _photo_page(request, draft, words.error(error, photo=words.gettext("the photo")))
    except TooManyDraftsError:
        return _no_room(request)
    return see(f"/drafts/{draft.id}/photo")


def send_preview(request: Request) -> Response:
    draft = _draft(request)
    if not draft.preview:
        raise HTTPException(404)
    return Response(draft.preview, media_type="image/jpeg")


def show_questions(request: Request) -> Response:
    draft = _draft(request)
    return _elsewhere(draft, "photo") or _questions_page(request, draft)


async def keep_answers(request: Request) -> Response:
    """Keeps the answers so far, for a page that is loaded again before it is sent."""
    draft = _draft(request)
    form = await receive_form(request)
    if draft.is_open:
        draft.answers = _answers(form, station_of(request).screener.contract)
    return Response(status_code=204)


async def take_answers(request: Request) -> Response:
    draft, station = _draft(request), station_of(request)
    form = await receive_form(request)
    if elsewhere := _elsewhere(draft, "photo"):
        return elsewhere
    contract = station.screener.contract
    answers = draft.answers = _answers(form, contract)
    mistakes = [field.name for field in contract.fields if not _fits(field, answers.get(field.name))]
    if mistakes:
        return _questions_page(request, draft, mistakes)
    await run_in_threadpool(finish, station, draft, language_of(request))
    return _elsewhere(draft) or see(f"/drafts/{draft.id}/questions")


def show_unkept(request: Request) -> Response:
    """The advice of a visit of which the station keeps nothing."""
    draft = _draft(request)
    if draft.result is None:
        return see(f"/drafts/{draft.id}/consent")
    return page(request, "unkept", {"draft": draft, "result": draft.result, "answers": draft.answers})


def _draft(request: Request) -> Draft:
    draft = station_of(request).drafts.find(request.path_params["draft"])
    if draft is None:
        raise HTTPException(410)
    return draft


def _elsewhere(draft: Draft, done_before: str | None = None) -> RedirectResponse | None:
    """The page to continue a visit on instead: its result if it is finished, the step before if that was left out."""
    if draft.visit_id is not None:
        return RedirectResponse(f"/visits/{draft.visit_id}?new", 303)
    if draft.result is not None:
        return RedirectResponse(f"/drafts/{draft.id}/result", 303)
    if done_before and draft.agreement is None:
        return RedirectResponse(f"/drafts/{draft.id}/consent", 303)
    if done_before == "photo" and not draft.photo:
        return RedirectResponse(f"/drafts/{draft.id}/photo", 303)
    return None


def _answers(form: Form, contract: Contract) -> dict[str, str]:
    """The answers, by question. A comma is a decimal sign where people write it so."""
    given = {}
    for field in contract.fields:
        text = form.text(_ANSWER + field.name)
        if text:
            given[field.name] = text.replace(",", ".") if field.kind == "number" else text
    return given


def _fits(field: ClinicalField, answer: str | None) -> bool:
    try:
        field.encode(answer)
    except AnswerError:
        return False
    return True


def _photo_page(request: Request, draft: Draft, problem: str | None = None) -> Response:
    values = {"draft": draft, "problem": problem, "limit_bytes": limits.PHOTO_BYTES}
    return page(request, "photo", values, status=400 if problem else 200)


def _questions_page(request: Request, draft: Draft, mistakes: Sequence[str] = ()) -> Response:
    problem = words_of(request).gettext("Some answers do not fit. They are marked below.") if mistakes else None
    fields = station_of(request).screener.contract.fields
    values = {"draft": draft, "fields": fields, "mistakes": mistakes, "problem": problem}
    return page(request, "questions", values, status=400 if mistakes else 200)


def _no_room(request: Request) -> Response:
    words = words_of(request)
    values = {
        "title": words.gettext("Too many unfinished visits"),
        "text": words.gettext("Finish or stop one of the unfinished visits first."),
    }
    return page(request, "error", values, status=409)
