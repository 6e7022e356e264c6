"""The station as an ASGI application: its routes, middleware and error pages."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from skinedge.errors import SkinEdgeError, UnknownDraftError
from skinedge.web import archive, backup_pages, deletion_pages, login_pages, recovery_pages, restore_pages, visit
from skinedge.web.auth import Door
from skinedge.web.pages import page, words_of
from skinedge.web.security_headers import Guard
from skinedge.web.station import Station
from skinedge.words import Translator
from skinedge.words.markers import N_

ROUTES = [
    Route("/", lambda _: RedirectResponse("/visits", 303)),
    Route("/pin", login_pages.show_pin),
    Route("/pin", login_pages.take_pin, methods=["POST"]),
    Route("/unlock", login_pages.show_unlock),
    Route("/unlock", login_pages.take_passphrase, methods=["POST"]),
    Route("/lock", login_pages.lock, methods=["POST"]),
    Route("/alive", login_pages.alive),
    Route("/kept/discard", login_pages.discard_kept, methods=["POST"]),
    Route("/language", login_pages.choose_language, methods=["POST"]),
    Route("/forgotten", recovery_pages.show_forgotten),
    Route("/forgotten", recovery_pages.take_key, methods=["POST"]),
    Route("/restore", restore_pages.show_restore),
    Route("/restore", restore_pages.restore, methods=["POST"]),
    Route("/recovery-key", recovery_pages.show_recovery),
    Route("/recovery-key", recovery_pages.make_key, methods=["POST"]),
    Route("/recovery-key/paper", recovery_pages.note_on_paper, methods=["POST"]),
    Route("/backup", backup_pages.show_backup),
    Route("/backup/file", backup_pages.send_backup, methods=["POST"]),
    Route("/backup/folder", backup_pages.write_backup, methods=["POST"]),
    Route("/visits", archive.show_visits),
    Route("/visits/search", archive.search, methods=["POST"]),
    Route("/visits/{visit}", archive.show_visit),
    Route("/visits/{visit}/photo.jpg", archive.send_photo),
    Route("/visits/{visit}/slip.pdf", archive.send_slip),
    Route("/visits/{visit}/history", archive.show_history),
    Route("/visits/{visit}/override", archive.show_override),
    Route("/visits/{visit}/override", archive.take_override, methods=["POST"]),
    Route("/visits/{visit}/outcome", archive.show_outcome),
    Route("/visits/{visit}/outcome", archive.take_outcome, methods=["POST"]),
    Route("/visits/{visit}/delete", deletion_pages.show_deletion),
    Route("/visits/{visit}/delete", deletion_pages.ask_again, methods=["POST"]),
    Route("/visits/{visit}/delete/now", deletion_pages.delete, methods=["POST"]),
    Route("/drafts", visit.start, methods=["POST"]),
    Route("/drafts/{draft}/discard", visit.discard, methods=["POST"]),
    Route("/drafts/{draft}/consent", visit.show_consent),
    Route("/drafts/{draft}/consent", visit.take_consent, methods=["POST"]),
    Route("/drafts/{draft}/photo", visit.show_photo),
    Route("/drafts/{draft}/photo", visit.take_photo, methods=["POST"]),
    Route("/drafts/{draft}/photo.jpg", visit.send_preview),
    Route("/drafts/{draft}/insist", visit.insist, methods=["POST"]),
    Route("/drafts/{draft}/kept.jpg", visit.send_kept_photo),
    Route("/drafts/{draft}/questions", visit.show_questions),
    Route("/drafts/{draft}/questions", visit.take_answers, methods=["POST"]),
    Route("/drafts/{draft}/answers", visit.keep_answers, methods=["POST"]),
    Route("/drafts/{draft}/result", visit.show_unkept),
    Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
]

_WRONG = N_("Something went wrong")
_ERRORS = {
    400: (N_("This form could not be read"), N_("Go back, load the page again, and send it once more.")),
    403: (N_("This page is too old"), N_("It was opened before the station was locked or started anew. Open it again.")),
    404: (N_("This page does not exist"), N_("Look for the visit in the list.")),
    405: (N_("This page does not exist"), N_("Look for the visit in the list.")),
    410: (N_("This visit is not here any more"), N_("It was stopped, or nobody went on with it for three days.")),
    413: (N_("This is too large"), N_("Take the photo with the normal setting of the camera.")),
    415: (N_("This form could not be read"), N_("Go back, load the page again, and send it once more.")),
    500: (_WRONG, N_("Nothing that was saved is lost. Go back and try again. If it happens again, start the station anew.")),
}
"""Title and text of the calm page, by status."""


def create_app(station: Station) -> ASGIApp:
    """The pages of a station, within `Guard` and `Door`."""
    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(Door, station=station)],
        exception_handlers={
            HTTPException: _refused,
            UnknownDraftError: _ended,
            SkinEdgeError: _reported,
            Exception: _failed,
        },
    )
    app.state.station = station
    return Guard(app, host=station.host)


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _error_page(request, status)


async def _ended(request: Request, _: Exception) -> Response:
    """A visit that ended between two looks at it: its result, if it has one."""
    return await run_in_threadpool(visit.show_end, request) or _error_page(request, 410)


async def _reported(request: Request, error: Exception) -> Response:
    """An error made for users: its line, in their language where there is one."""
    words = words_of(request)
    text = words.error(error) if isinstance(error, SkinEdgeError) else ""
    return page(request, "error", {"title": words.gettext(_WRONG), "text": text}, status=409)


async def _failed(request: Request, _: Exception) -> Response:
    return _error_page(request, 500)


def _error_page(request: Request, status: int) -> Response:
    words: Translator = words_of(request)
    title, text = _ERRORS.get(status, _ERRORS[400])
    return page(request, "error", {"title": words.gettext(title), "text": words.gettext(text)}, status=status)
