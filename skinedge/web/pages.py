"""From templates to pages, in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import get_args

from babel import Locale, negotiate_locale
from babel.dates import format_datetime
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from skinedge import __version__
from skinedge.records.state import present_state
from skinedge.records.visit import spoken_visit_id
from skinedge.templates import environment
from skinedge.web.score_picture import score_picture
from skinedge.web.sessions import Attempts
from skinedge.words import LANGUAGES, Translator, translator
from skinedge.words.translator import Language

LANGUAGE_COOKIE = "skinedge_language"


def language_of(request: Request) -> Language:
    """The language that was chosen here, else the first that the browser asks for and the station has, else English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    wanted = [part.partition(";")[0].strip() for part in request.headers.get("accept-language", "")[:200].split(",")]
    # Portuguese is there in one form only: a browser that asks for another is better served with it than with English.
    aliases = {"pt": "pt_BR", "pt_pt": "pt_BR"}
    known = negotiate_locale(
        [aliases.get(name.replace("-", "_").lower(), name.replace("-", "_")) for name in wanted], list(LANGUAGES), sep="_"
    )
    for language in get_args(Language):
        if language == (chosen if chosen in LANGUAGES else known):
            return language  # type: ignore[no-any-return]
    return "en"


def words_of(request: Request) -> Translator:
    return translator(language_of(request))


def page(request: Request, template: str, values: Mapping[str, object] | None = None, *, status: int = 200) -> HTMLResponse:
    """Renders a template in the language of the request. Sessions and form tokens come from `request.state`."""
    html = (
        _environment(language_of(request))
        .get_template(f"{template}.html.jinja")
        .render(state=request.state, path=request.url.path, **(values or {}))
    )
    return HTMLResponse(html, status)


def too_many_tries(request: Request, attempts: Attempts) -> HTMLResponse:
    """The page that says how long nobody may try."""
    seconds = max(1.0, attempts.wait_s())
    words = words_of(request)
    minutes = math.ceil(seconds / 60)
    text = words.ngettext("Wait {count} minute, then try again.", "Wait {count} minutes, then try again.", minutes)
    values = {"title": words.gettext("Too many wrong tries"), "text": text.format(count=minutes)}
    response = page(request, "error", values, status=429)
    response.headers["Retry-After"] = str(math.ceil(seconds))
    return response


@cache
def _environment(language: Language) -> Environment:
    words = translator(language)
    templates = environment("skinedge.web", "templates", extensions=["jinja2.ext.i18n"])
    templates.install_gettext_callables(words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext)  # type: ignore[attr-defined]
    templates.globals |= {
        "words": words,
        "languages": LANGUAGES,
        "language_tag": language.replace("_", "-"),
        "direction": Locale.parse(language).text_direction,
        "version": __version__,
        "score_picture": score_picture,
    }
    templates.filters |= {"when": lambda moment: _when(moment, language), "spoken": spoken_visit_id}
    templates.filters["present"] = present_state
    return templates


def _when(moment: datetime, language: Language) -> str:
    """A moment on this machine's clock, such as "1 de mar. de 2025 14:05"."""
    return format_datetime(moment.astimezone(), "medium", tzinfo=moment.astimezone().tzinfo, locale=language)
