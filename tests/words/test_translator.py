"""Codes become words of a language: gaps filled, plurals and dates right, errors told."""

from __future__ import annotations

import pickle
from datetime import date
from typing import get_args

import pytest
from babel import Locale

from skinedge.codes import AdviceCode, Decision, ReasonCode
from skinedge.contract import Contract, numbered
from skinedge.errors import AnswerError, ConfigError, PhotoError
from skinedge.questionnaire import COLUMNS, PLACES_BEYOND
from skinedge.words import LANGUAGES, translator
from skinedge.words.questions import ANSWERS, PLACES, QUESTIONS, SHORT_NAMES, UNITS
from skinedge.words.results import NOTICE
from skinedge.words.translator import DECIMAL_SIGNS

EACH = pytest.mark.parametrize("language", LANGUAGES)


@EACH
def test_every_code_has_words(language: str) -> None:
    words = translator(language)
    said = [words.decision(code) for code in get_args(Decision)] + [words.what_to_do(code) for code in get_args(Decision)]
    said += [words.reason(code, score=0.25, threshold=0.5) for code in get_args(ReasonCode)]
    assert {words.advice(code) for code in get_args(AdviceCode)} < set(said)
    assert len(set(said)) == len(said) and not [text for text in said if "{" in text or not text]


def test_every_question_answer_and_unit_of_the_questionnaire_has_words() -> None:
    fields = COLUMNS.values()
    assert {field.question for field in fields} == set(QUESTIONS)
    assert {field.name for field in fields} == SHORT_NAMES.keys()
    assert {choice for field in fields for choice in field.choices} | {"yes", "no", "unknown"} == ANSWERS.keys()
    assert set(PLACES_BEYOND) == PLACES.keys()
    assert {field.unit for field in fields if field.unit} == UNITS.keys()
    assert Contract.model_fields["notice"].default == NOTICE


def test_another_models_own_questions_stay_as_they_are() -> None:
    field = numbered((COLUMNS["itch"].model_copy(update={"name": "hot_skin", "question": "Is it hot?"}),))[0]
    words = translator("fr")
    assert (words.question(field), words.short_name("hot_skin"), words.answer("lukewarm")) == (
        "Is it hot?",
        "hot skin",
        "lukewarm",
    )


def test_back_is_a_part_of_the_body() -> None:
    assert [translator(language).answer("back") for language in LANGUAGES] == ["back", "costas", "espalda", "dos", "mgongo"]


@pytest.mark.parametrize(
    ("language", "long", "number"),
    [
        ("en", "March 1, 2025", "0.14"),
        ("pt_BR", "1 de março de 2025", "0,14"),
        ("es", "1 de marzo de 2025", "0,14"),
        ("fr", "1 mars 2025", "0,14"),
        ("sw", "1 Machi 2025", "0.14"),
    ],
)
def test_days_and_numbers_are_written_as_people_write_them(language: str, long: str, number: str) -> None:
    words = translator(language)
    assert words.date(date(2025, 3, 1)) == long
    assert words.number(0.139, decimals=2) == number
    assert number in words.reason("score_reaches_threshold", score=0.2, threshold=0.14)


@EACH
def test_one_and_many_differ(language: str) -> None:
    words = translator(language)
    assert words.imputed(("itch",)) != words.imputed(("itch", "hurt")) and "2" in words.imputed(("itch", "hurt"))
    assert words.imputed(()) not in ("", words.imputed(("itch",)))


@EACH
def test_what_the_model_does_not_know_is_told_apart_from_what_nobody_knew(language: str) -> None:
    words = translator(language)
    both = words.imputed(("itch", "region"), {"itch": "unknown", "region": "Lower leg"})
    assert both.startswith(words.imputed(("itch",))) and words.answer("lower leg") in both
    assert words.short_name("region") not in both
    assert words.imputed(("itch", "region"), {"itch": None, "region": ""}) == words.imputed(("itch", "region"))


def test_none_is_one_in_french_and_many_in_english() -> None:
    one, many = "%(num)s visit", "%(num)s visits"
    assert translator("en").ngettext(one, many, 0) == many
    assert translator("fr").ngettext(one, many, 0) == translator("fr").ngettext(one, many, 1)
    assert translator("es").ngettext(one, many, 0) == translator("es").ngettext(one, many, 2)


def test_an_error_is_reported_in_a_language_with_other_names() -> None:
    error = PhotoError("no photo at {photo}: check the file name", photo="/tmp/x9.jpg")
    assert str(error) == "no photo at /tmp/x9.jpg: check the file name"
    assert translator("es").error(error, photo="la foto") == "no hay ninguna foto en la foto: revise el nombre del archivo"
    with pytest.raises(AnswerError) as raised:
        COLUMNS["age"].encode("old")
    assert (
        translator("pt_BR").error(raised.value)
        == "idade: recebeu 'old', esperava um número de 0 a 120 anos, ou unknown (não sei)"
    )
    kept = pickle.loads(pickle.dumps(raised.value))
    assert (str(kept), translator("fr").error(kept)) == (str(raised.value), translator("fr").error(raised.value))


def test_braces_in_an_error_without_gaps_are_only_braces() -> None:
    error = ConfigError("got {x}, expected {y}")
    assert str(error) == translator("fr").error(error) == "got {x}, expected {y}"


def test_an_unknown_language_is_reported() -> None:
    with pytest.raises(ConfigError, match="no words in the language 'xx': expected one of en, pt_BR, es, fr, sw"):
        translator("xx")


def test_decimal_signs_are_those_of_the_cldr() -> None:
    assert {language: Locale.parse(language).number_symbols["latn"]["decimal"] for language in LANGUAGES} == DECIMAL_SIGNS
