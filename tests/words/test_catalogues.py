"""Every word in every language: whole, up to date, compiled, with the same gaps, and easy to read."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo

from skinedge.words import LANGUAGES
from skinedge.words.catalogues import TRANSLATED, catalogue_path, collect, read
from skinedge.words.translator import Language
from tests.words.readability import averages, ease, grade, sentences

_GAP = re.compile(r"\{(\w+)[^}]*\}|%\((\w+)\)s")
_COUNTS = {"count", "num"}
"""A form for one thing need not say the number."""
_NOT_FOR_READING = {"contract/fields.py", "contract/document.py", "preprocess/photo.py", "screening/answers.py"}
"""Where errors name files and formats; people meet them rarely, and they must be exact."""


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return collect()


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)


def sources(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, list | tuple) else (message.id,)


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def for_reading(texts: Catalog, language: Language) -> list[str]:
    """What a health worker or a patient reads, in a language."""
    translated = texts if language == "en" else read(language)
    found: list[str] = []
    for message in messages(texts):
        places = {Path(name).as_posix() for name, _ in message.locations}
        if message.context is None and not places <= _NOT_FOR_READING and not any(p.startswith("records/") for p in places):
            other = translated.get(sources(message)[0], message.context)
            assert language == "en" or other is not None, f"{language} lacks {message.id}"
            found += forms(other) if language != "en" and other else sources(message)
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_left_over_or_guessed(texts: Catalog, language: Language) -> None:
    catalogue = read(language)
    wanted = {(message.id, message.context) for message in messages(texts)}
    found = {(message.id, message.context) for message in messages(catalogue)}
    assert found == wanted, "run make words, and translate what is new"
    assert not [m.id for m in messages(catalogue) if m.fuzzy or not all(forms(m))]
    assert not catalogue.obsolete and not catalogue.fuzzy
    assert all(len(forms(m)) == catalogue.num_plurals for m in messages(catalogue) if m.pluralizable)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_gaps_of_its_text(language: Language) -> None:
    for message in messages(read(language)):
        source = {gap for text in sources(message) for gap in map(_name, _GAP.finditer(text))}
        for form in forms(message):
            gaps = {_name(gap) for gap in _GAP.finditer(form)}
            assert source - (_COUNTS if message.pluralizable else set()) <= gaps <= source, message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_only_short_words_are_the_same_in_english(language: Language) -> None:
    same = [m.id for m in messages(read(language)) if forms(m) == sources(m) and len(str(m.id)) > 12]
    assert set(same) <= {"{low} to {high} {unit}"}, same


@pytest.mark.parametrize("language", TRANSLATED)
def test_sentences_end_as_theirs_do(language: Language) -> None:
    ends = (".", "?", ":", "…")
    for message in messages(read(language)):
        for form in forms(message):
            end = next((mark for mark in ends if sources(message)[-1].endswith(mark)), "")
            assert form.endswith(end) and (end or not form.endswith(ends)), message.id
            assert form == form.strip() and "  " not in form


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_written_one(language: Language) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    with catalogue_path(language, ".mo").open("rb") as file:
        there, wanted = gettext.GNUTranslations(file), gettext.GNUTranslations(compiled)
    for translations in (there, wanted):
        del translations._catalog[""]  # type: ignore[attr-defined]  # Its parts, without the Babel that is installed here:
        del translations._info["generated-by"]  # type: ignore[attr-defined]
    assert there._info == wanted._info, "run make words"  # type: ignore[attr-defined]
    assert there._catalog == wanted._catalog, "run make words"  # type: ignore[attr-defined]


def test_no_answer_is_called_a_diagnosis(texts: Catalog) -> None:
    never = {
        "en": "not a |never a ",
        "pt_BR": "não é um |nunca um ",
        "es": "no es un |nunca un ",
        "fr": "pas un |jamais un ",
        "sw": "si ",
    }
    word = {"en": "diagnosis", "pt_BR": "diagnóstico", "es": "diagnóstico", "fr": "diagnostic", "sw": "utambuzi wa ugonjwa"}
    for language in LANGUAGES:
        for text in for_reading(texts, language):
            assert len(re.findall(word[language], text)) == len(re.findall(f"({never[language]}){word[language]}", text)), (
                text
            )


def whole_sentences(texts: Catalog, language: Language) -> list[str]:
    """Without labels and buttons, which would make any text look easy."""
    return [text for text in for_reading(texts, language) if text.endswith((".", "?"))]


def test_english_asks_for_six_years_of_school(texts: Catalog) -> None:
    assert grade(whole_sentences(texts, "en")) < 6
    for text in for_reading(texts, "en"):
        assert max(map(len, sentences([text])), default=0) <= 22, text


@pytest.mark.parametrize(("language", "least"), [("en", 70), ("es", 65), ("pt_BR", 65), ("fr", 70)])
def test_translations_are_easy_by_the_formula_of_their_language(texts: Catalog, language: Language, least: float) -> None:
    assert ease(whole_sentences(texts, language), language) > least


@pytest.mark.parametrize("language", TRANSLATED)
def test_sentences_are_short(texts: Catalog, language: Language) -> None:
    found = whole_sentences(texts, language)
    assert averages(found, language)[0] < 10
    assert max(map(len, sentences(found))) <= 30


def test_hard_words_are_hard_and_easy_ones_easy() -> None:
    hard = [
        "The histopathological examination demonstrated considerable cytological heterogeneity of melanocytic proliferation."
    ]
    assert grade(hard) > 20 > 3 > grade(["Hold the phone still. Tap on the spot."])
    assert ease(hard, "en") < 0 < 90 < ease(["Hold the phone still."], "en")


def _name(match: re.Match[str]) -> str:
    return match[1] or match[2]
