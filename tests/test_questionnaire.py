"""Places on the body: a person can choose all, and the model receives those that it knows."""

from __future__ import annotations

import pytest

from skinedge.contract import MISSING, ClinicalField
from skinedge.errors import AnswerError
from skinedge.questionnaire import COLUMNS, PLACES_BEYOND, answers_for_model, offered_answers
from skinedge.words import LANGUAGES, translator

REGION = COLUMNS["region"]


def encoded(answer: str, field: ClinicalField = REGION) -> float:
    return field.encode(answers_for_model({field.name: answer}, [field])[field.name])


def test_every_place_can_be_chosen_and_the_model_hears_of_those_that_it_knows() -> None:
    offered = offered_answers(REGION)
    assert {"lower leg", "knee", "shoulder", "face"} <= set(offered) and offered[-1] == "other"
    assert len(offered) == len(set(offered)) == len(REGION.choices) + len(PLACES_BEYOND)
    assert {place for place in offered if encoded(place) == MISSING} == set(PLACES_BEYOND)
    assert encoded(" Lower LEG ") == MISSING and encoded("FACE") == REGION.choices.index("face")


def test_what_is_no_place_is_still_refused() -> None:
    with pytest.raises(AnswerError):
        encoded("moon")


def test_a_model_that_knows_more_places_hears_of_them() -> None:
    field = REGION.model_copy(update={"choices": (*REGION.choices, "lower leg")})
    assert encoded("lower leg", field) == len(REGION.choices) and offered_answers(field) == offered_answers(REGION)


def test_a_model_with_names_of_its_own_gets_another_place_alone() -> None:
    field = REGION.model_copy(update={"choices": ("head", "leg")})
    assert offered_answers(field) == ("head", "leg", "other") and encoded("other", field) == MISSING
    with pytest.raises(AnswerError):
        encoded("lower leg", field)


def test_other_questions_are_as_the_contract_says() -> None:
    for field in COLUMNS.values():
        if field is not REGION:
            assert offered_answers(field) == field.choices
    assert answers_for_model({"itch": "yes", "shoe": "other"}, [COLUMNS["itch"]]) == {"itch": "yes", "shoe": "other"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_have_words_that_differ(language: str) -> None:
    words = translator(language)
    said = [words.answer(place) for place in offered_answers(REGION)]
    assert len(set(said)) == len(said)
    if language != "en":
        assert not {words.answer(place) for place in PLACES_BEYOND} & set(PLACES_BEYOND)
