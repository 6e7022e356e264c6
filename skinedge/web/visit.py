"""A new visit, one task a page: consent, photo, questions. It ends with advice, on a page of `skinedge.web.archive`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from skinedge.contract import ClinicalField, Contract
from skinedge.errors import AnswerError, PhotoError, StoreError, UnknownDraftError
from skinedge.preprocess.photo import browser_photo
from skinedge.questionnaire import answers_for_model
from skinedge.records.visit import KEEP_PHOTO, new_pseudonym, parse_visit_id
from skinedge.web import limits
from skinedge.web.auth import kept_form, receive_form, see, sent_while_locked
from skinedge.web.drafts import Draft, agreement_of
from skinedge.web.finishing import finish, keep_photo
from skinedge.web.forms import Form
from skinedge.web.pages import language_of, page, words_of
from skinedge.web.station import Station, station_of

_ANSWER = "answer_"


async def start(request: Request) -> Response:
    """Starts a visit; with `again`, another one of the same lesion, for which only the photo is new."""
    station = station_of(request)
    form = await receive_form(request)
    again = form.text("again")
    former = await run_in_threadpool(station.locker.store.record, parse_visit_id(again)) if again else None
    if former is None:
        draft = await run_in_threadpool(station.drafts.start)
        return see(f"/drafts/{draft.id}/consent")
    draft = await run_in_threadpool(
        station.drafts.start,
        patient=former.visit.patient,
        agreement="photo" if KEEP_PHOTO in former.visit.consent.agreed_to else "no_photo",
        agreed_at=former.visit.consent.at,
        answers={name: answer for name, answer in former.visit.answers.items() if answer is not None},
    )
    return see(f"/drafts/{draft.id}/photo")


async def discard(request: Request) -> Response:
    await receive_form(request)
    await run_in_threadpool(station_of(request).drafts.discard, request.path_params["draft"])
    return see("/visits")


def show_consent(request: Request) -> Response:
    draft = _draft(request)
    if elsewhere := _ended_before(request, draft) or _elsewhere(draft):
        return elsewhere
    values: dict[str, object] = {"draft": draft, "longest_code": limits.PATIENT_CHARACTERS}
    if form := kept_form(request):
        sent = {"agreement": agreement_of(form.text("consent")), "patient": form.text("patient")}
        values |= {"draft": draft.model_copy(update=sent), "problem": sent_while_locked(request)}
    return page(request, "consent", values)


async def take_consent(request: Request) -> Response:
    form = await receive_form(request)
    draft = await run_in_threadpool(_draft, request)
    if elsewhere := _too_late(draft) or _elsewhere(draft):
        return elsewhere
    agreement = agreement_of(form.text("consent"))
    if agreement is None:
        problem = words_of(request).gettext("Choose what the station may keep, or stop the visit.")
        values = {"draft": draft, "longest_code": limits.PATIENT_CHARACTERS, "problem": problem}
        return page(request, "consent", values, status=400)
    patient = " ".join(form.text("patient").split())[: limits.PATIENT_CHARACTERS] or draft.patient or new_pseudonym()
    change = station_of(request).drafts.change
    await run_in_threadpool(change, draft.id, agreement=agreement, agreed_at=datetime.now(UTC), patient=patient)
    return see(f"/drafts/{draft.id}/photo")


def show_photo(request: Request) -> Response:
    draft = _draft(request)
    if elsewhere := _ended_before(request, draft) or _elsewhere(draft, "consent"):
        return elsewhere
    if kept_form(request):
        return page(request, "kept_photo", {"draft": draft, "problem": sent_while_locked(request)})
    return _photo_page(request, draft)


async def take_photo(request: Request) -> Response:
    form = await receive_form(request, limit_bytes=limits.PHOTO_BYTES)
    draft = await run_in_threadpool(_draft, request)
    if elsewhere := _too_late(draft) or _elsewhere(draft, "consent"):
        return elsewhere
    words = words_of(request)
    if not form.file:
        return _photo_page(request, draft, words.gettext("No photo came along. Take one, or choose one."))
    try:
        await run_in_threadpool(keep_photo, station_of(request), draft.id, form.file)
    except PhotoError as error:
        return _photo_page(request, draft, words.error(error, photo=words.gettext("the photo")))
    return see(f"/drafts/{draft.id}/photo")


async def insist(request: Request) -> Response:
    """Goes on with a photo although a warning stands; `skinedge.screening.triage` then never says "watch"."""
    await receive_form(request)
    draft = await run_in_threadpool(_draft, request)
    if elsewhere := _elsewhere(draft, "consent"):
        return elsewhere
    await run_in_threadpool(station_of(request).drafts.change, draft.id, insisted=draft.has_photo)
    return see(f"/drafts/{draft.id}/questions")


def send_preview(request: Request) -> Response:
    preview = station_of(request).drafts.preview(_draft(request).id)
    if not preview:
        raise HTTPException(404)
    return Response(preview, media_type="image/jpeg")


def send_kept_photo(request: Request) -> Response:
    """The photo that was sent while the station was locked."""
    form = station_of(request).kept.find(request.state.cookie, request.url.path.replace("kept.jpg", "photo"))
    if form is None or not form.file:
        raise HTTPException(404)
    try:
        shown, media_type = browser_photo(form.file)
    except PhotoError:
        raise HTTPException(404) from None
    return Response(shown, media_type=media_type)


def show_questions(request: Request) -> Response:
    draft = _draft(request)
    if elsewhere := _ended_before(request, draft) or _elsewhere(draft, "photo"):
        return elsewhere
    if form := kept_form(request):
        draft = draft.model_copy(update={"answers": _answers(form, station_of(request).screener.contract)})
        return _questions_page(request, draft, problem=sent_while_locked(request))
    return _questions_page(request, draft)


async def keep_answers(request: Request) -> Response:
    """Keeps the answers so far, for a page that is loaded again before it is sent."""
    form, station = await receive_form(request), station_of(request)
    draft = await run_in_threadpool(_draft, request)
    if draft.is_open:
        # Where the form itself overtook this, it had the same answers.
        with suppress(UnknownDraftError):
            await run_in_threadpool(station.drafts.change, draft.id, answers=_answers(form, station.screener.contract))
    return Response(status_code=204)


async def take_answers(request: Request) -> Response:
    form, station = await receive_form(request), station_of(request)
    draft = await run_in_threadpool(_draft, request)
    contract = station.screener.contract
    answers = _answers(form, contract)
    if not draft.is_open and answers != await run_in_threadpool(_kept_answers, station, draft):
        return _too_late(draft) or see("/visits")
    if elsewhere := _elsewhere(draft, "photo"):
        return elsewhere
    draft = await run_in_threadpool(station.drafts.change, draft.id, answers=answers)
    mistakes = [field.name for field in contract.fields if not _fits(field, answers.get(field.name))]
    if mistakes:
        return _questions_page(request, draft, mistakes)
    await run_in_threadpool(finish, station, draft.id, language_of(request))
    return _elsewhere(await run_in_threadpool(_draft, request)) or see(f"/drafts/{draft.id}/questions")


def show_unkept(request: Request) -> Response:
    """The advice of a visit of which the station keeps nothing."""
    draft = _draft(request)
    if draft.result is None:
        return see(f"/drafts/{draft.id}/consent")
    response = page(
        request,
        "unkept",
        {"draft": draft, "result": draft.result, "answers": draft.answers, "late": "late" in request.query_params},
    )
    # Not before: if the station dies on the way, the visit goes on where it was.
    response.background = BackgroundTask(station_of(request).drafts.wipe, draft.id)
    return response


def show_end(request: Request) -> Response | None:
    """The page with the result of a visit that was just finished; None where it was stopped."""
    draft = station_of(request).drafts.find(request.path_params["draft"])
    return _elsewhere(draft) if draft else None


def _draft(request: Request) -> Draft:
    draft = station_of(request).drafts.find(request.path_params["draft"])
    if draft is None or draft.expired or draft.damaged:
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
    if done_before == "photo" and not draft.photo_is_taken:
        return RedirectResponse(f"/drafts/{draft.id}/photo", 303)
    return None


def _too_late(draft: Draft) -> RedirectResponse | None:
    """The result of a visit that is finished, which says that what was sent to it just now is not in it."""
    if draft.visit_id is not None:
        return RedirectResponse(f"/visits/{draft.visit_id}?late", 303)
    return RedirectResponse(f"/drafts/{draft.id}/result?late", 303) if draft.result is not None else None


def _ended_before(request: Request, draft: Draft) -> RedirectResponse | None:
    """The result of a visit that was finished, by another browser, before a form that waits at the lock was looked at."""
    if draft.is_open or not kept_form(request):
        return None
    station_of(request).kept.drop(request.state.cookie, request.url.path)
    return _too_late(draft)


def _kept_answers(station: Station, draft: Draft) -> dict[str, str]:
    """The answers that a finished visit has: a form that is sent twice has the same."""
    if draft.visit_id is None:
        return draft.answers
    try:
        answers = station.locker.store.record(draft.visit_id).visit.answers
    except StoreError:  # Deleted or damaged since: its page says so.
        return {}
    return {name: answer for name, answer in answers.items() if answer is not None}


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
        field.encode(answers_for_model({field.name: answer}, [field])[field.name])
    except AnswerError:
        return False
    return True


def _photo_page(request: Request, draft: Draft, problem: str | None = None) -> Response:
    values = {"draft": draft, "problem": problem, "limit_bytes": limits.PHOTO_BYTES}
    return page(request, "photo", values, status=400 if problem else 200)


def _questions_page(request: Request, draft: Draft, mistakes: Sequence[str] = (), problem: str | None = None) -> Response:
    if mistakes:
        problem = words_of(request).gettext("Some answers do not fit. They are marked below.")
    fields = station_of(request).screener.contract.fields
    values = {"draft": draft, "fields": fields, "mistakes": mistakes, "problem": problem}
    return page(request, "questions", values, status=400 if mistakes else 200)
