"""Questions and answers as FHIR R4 has them: items of a Questionnaire and of a QuestionnaireResponse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from skinedge.contract import MISSING, ClinicalField, Contract, normal
from skinedge.contract.words import UNKNOWN
from skinedge.errors import AnswerError
from skinedge.questionnaire import COLUMNS, OTHER, REGION, offered_answers

SYSTEM = "urn:skinedge:"
"""The prefix of our own names."""
_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
_UCUM = {"years": "a", "mm": "mm"}
_KIND = {"number": "decimal", "yes_no": "boolean", "choice": "choice"}

Asked = Mapping[str, ClinicalField | None]
"""Questions by name; None where neither the contract nor the questionnaire knows it, as of a model that has gone."""
Item = dict[str, Any]


def questions_asked(names: Iterable[str], contract: Contract) -> Asked:
    """The questions of these names: in the contract's order, then in the questionnaire's, then in the alphabet's."""
    fields = {field.name: field for field in contract.fields}
    fields |= {field.name: field for field in COLUMNS.values() if field.name not in fields}
    asked = set(names)
    return {name: fields.get(name) for name in (*(name for name in fields if name in asked), *sorted(asked - set(fields)))}


def question_items(asked: Asked) -> list[Item]:
    """The items of a Questionnaire of these questions; an unknown question is one for text."""
    return [_question(name, field) for name, field in asked.items()]


def answer_items(asked: Asked, answers: Mapping[str, str | None]) -> list[Item]:
    """The items of the answers. Where nobody knew, the item says so and has no value."""
    return [
        {"linkId": name, "text": _words(name, field), **_answer(field, answers.get(name))} for name, field in asked.items()
    ]


def body_site(answers: Mapping[str, str | None]) -> Item:
    """The place on the body, for a Media or an Observation; nothing where nobody said which."""
    place = normal(answers.get(REGION) or "")
    return {} if place in {*UNKNOWN, OTHER} else {"bodySite": {"coding": [_code(REGION, place)], "text": place}}


def _question(name: str, field: ClinicalField | None) -> Item:
    item: Item = {"linkId": name, "text": _words(name, field), "type": _KIND[field.kind] if field else "string"}
    if field is not None and field.kind == "choice":
        item["answerOption"] = [_coding(field, choice) for choice in offered_answers(field)]
    if field is not None and field.kind == "number":
        item["extension"] = [
            {"url": f"{_EXTENSION}minValue", "valueDecimal": field.minimum},
            {"url": f"{_EXTENSION}maxValue", "valueDecimal": field.maximum},
        ]
        if field.unit in _UCUM:
            unit = {"system": "http://unitsofmeasure.org", "code": _UCUM[field.unit], "display": field.unit}
            item["extension"].append({"url": f"{_EXTENSION}questionnaire-unit", "valueCoding": unit})
    return item


def _answer(field: ClinicalField | None, answer: str | None) -> Item:
    if field is None:
        return {"answer": [{"valueString": answer}]} if answer else _absent("asked-unknown")
    if field.kind == "choice" and answer is not None and normal(answer) in offered_answers(field):
        return {"answer": [_coding(field, normal(answer))]}
    try:
        value = field.encode(answer)
    except AnswerError:
        # An older model accepted other answers to the question of this name.
        return _absent("error")
    if value == MISSING:
        return _absent("asked-unknown")
    if field.kind == "yes_no":
        return {"answer": [{"valueBoolean": value == 1}]}
    return {"answer": [{"valueDecimal": value}]}


def _coding(field: ClinicalField, choice: str) -> Item:
    return {"valueCoding": _code(field.name, choice)}


def _code(question: str, choice: str) -> Item:
    return {"system": f"{SYSTEM}answers:{question}", "code": choice, "display": choice}


def _absent(why: str) -> Item:
    return {"extension": [{"url": f"{_EXTENSION}data-absent-reason", "valueCode": why}]}


def _words(name: str, field: ClinicalField | None) -> str:
    return field.question if field else name
