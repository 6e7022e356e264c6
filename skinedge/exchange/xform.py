"""Makes a form for ODK Collect with a model's questions, in every language of the catalogues."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial

from skinedge.contract import ClinicalField, Contract
from skinedge.errors import ContractError
from skinedge.questionnaire import offered_answers
from skinedge.words import LANGUAGES, Language, Translator, translator
from skinedge.words.markers import N_

CONSENT, PATIENT, IMAGE = "consent", "patient", "image"
"""Questions of the form besides those of the contract."""
PHOTO_SIDE_PX = 2048
"""The longer side of a photo that Collect keeps: several times that of a model's input, and small enough to send."""
UNKNOWN = "unknown"
"""The answer "don't know", as a contract accepts it."""

_CONSENT = N_("Does the person agree that the spot is photographed and these questions are asked?")
_NO_CONSENT = N_("Without consent, stop here.")
_PATIENT = N_("Number of the person")
_NO_NAME = N_("Use the number that your clinic gave. Write no name.")
_IMAGE = N_("Take a photo of the spot.")
_HOW = N_("Hold the phone still, close to the spot, in good light. The spot is in the middle.")
_MARK = N_("If nobody knows, mark this:")
_RANGE = N_("Write a number from {low} to {high}.")

Row = dict[str, str]
"""One row of an XLSForm, by column."""


def form_id(contract: Contract) -> str:
    """The identifier of the form, which comes back with every answer: `skinedge_` and the name of the model."""
    return "skinedge_" + re.sub(r"\W", "_", contract.model_name, flags=re.ASCII)


def xform_xml(contract: Contract) -> str:
    """The form as an ODK XForm, the same for the same contract and words.

    Raises: ContractError where the name of a question or an answer cannot be one in a form.
    Source: https://xlsform.org and https://getodk.github.io/xforms-spec, by pyxform.
    """
    # It imports a reader of spreadsheets, which no other command needs.
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    rows = xlsform(contract)
    try:
        xform: str = convert(rows, form_name="data", pretty_print=True).xform
    except PyXFormError as error:
        why = " ".join(str(error).split())
        raise ContractError(f"{contract.model_name} cannot be a form: {why}; rename that question or answer") from None
    return xform


def xlsform(contract: Contract) -> dict[str, list[Row]]:
    """The form as the sheets of an XLSForm: `survey`, `choices` and `settings`.

    A number is asked on one page with a box for "don't know"; every other question has "don't know" among its answers.
    Raises: ContractError where a question has the name of something else in the form.
    """
    survey: list[Row] = [
        {"type": "start", "name": "start"},
        {
            "type": "select_one agree",
            "name": CONSENT,
            "required": "yes",
            **_translations("label", _CONSENT),
            **_translations("hint", _NO_CONSENT),
        },
        {"type": "begin group", "name": "visit", "relevant": f"${{{CONSENT}}} = 'yes'"},
        {
            "type": "text",
            "name": PATIENT,
            "required": "yes",
            **_translations("label", _PATIENT),
            **_translations("hint", _NO_NAME),
        },
        {
            "type": "image",
            "name": IMAGE,
            "required": "yes",
            "parameters": f"max-pixels={PHOTO_SIDE_PX}",
            **_translations("label", _IMAGE),
            **_translations("hint", _HOW),
        },
        *(row for field in contract.fields for row in _question(field)),
        {"type": "end group"},
    ]
    names = [row["name"] for row in survey if "name" in row]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ContractError(f"a question is called {twice[0]!r}, which the form uses itself: rename that question")
    choices = [
        *_choices("agree", ("yes", "no")),
        *_choices("yes_no", ("yes", "no", UNKNOWN)),
        *_choices(UNKNOWN, (UNKNOWN,)),
        *(row for f in contract.fields if f.kind == "choice" for row in _choices(f.name, (*offered_answers(f), UNKNOWN))),
    ]
    settings = {
        "form_id": form_id(contract),
        "default_language": _named("en"),
        # Not a date: the same form has the same version, wherever it is made.
        "version": hashlib.sha256(json.dumps([survey, choices]).encode()).hexdigest()[:12],
        "form_title": f"SkinEdge {contract.model_name}",
    }
    return {"survey": survey, "choices": choices, "settings": [settings]}


def unknown_box(question: str) -> str:
    """The name of the box beside a number that says "don't know"."""
    return f"{question}_{UNKNOWN}"


def _question(field: ClinicalField) -> list[Row]:
    label = _by_language("label", lambda words: words.question(field))
    if field.kind != "number":
        among = "yes_no" if field.kind == "yes_no" else field.name
        return [{"type": f"select_one {among}", "name": field.name, "required": "yes", **label}]
    box = unknown_box(field.name)
    number = {
        "type": "decimal",
        "name": field.name,
        "required": "yes",
        "relevant": f"not(selected(${{{box}}}, '{UNKNOWN}'))",
        "constraint": f". >= {field.minimum:g} and . <= {field.maximum:g}",
        **label,
        **_by_language("hint", lambda words: _range(field, words)),
        **_by_language("constraint_message", lambda words: _range(field, words)),
    }
    return [
        {"type": "begin group", "name": f"{field.name}_page", "appearance": "field-list"},
        number,
        {"type": f"select_multiple {UNKNOWN}", "name": box, **_translations("label", _MARK)},
        {"type": "end group"},
    ]


def _range(field: ClinicalField, words: Translator) -> str:
    low, high = (
        words.number(bound, decimals=len(f"{bound:g}".partition(".")[2]))
        for bound in (field.minimum or 0, field.maximum or 0)
    )
    return words.gettext(_RANGE).format(low=low, high=high)


def _choices(among: str, names: tuple[str, ...]) -> list[Row]:
    return [{"list_name": among, "name": name, **_by_language("label", partial(_answer, name))} for name in names]


def _answer(name: str, words: Translator) -> str:
    return words.answer(name)


def _translations(column: str, text: str) -> Row:
    return _by_language(column, lambda words: words.gettext(text))


def _by_language(column: str, say: Callable[[Translator], str]) -> Row:
    return {f"{column}::{_named(language)}": say(translator(language)) for language in LANGUAGES}


def _named(language: Language) -> str:
    # XLSForm's way to name a language: by its own name, and its code without a country.
    return f"{LANGUAGES[language]} ({language.partition('_')[0]})"
