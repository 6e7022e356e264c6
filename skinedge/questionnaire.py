"""The 21 clinical questions of PAD-UFES-20 and its six labels.

Source: Pacheco et al., PAD-UFES-20, Data in Brief 32:106221, 2020 (CC BY 4.0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skinedge.contract import Answer, ClinicalField, normal

LABELS = ("ACK", "BCC", "MEL", "NEV", "SCC", "SEK")
MALIGNANT = ("BCC", "MEL", "SCC")

_COUNTRIES = (
    "austria", "brazil", "czech", "france", "germany", "israel", "italy", "netherlands", "norway", "poland",
    "pomerania", "portugal", "spain", "australia", "unclear",
)  # fmt: skip
_REGIONS = (
    "abdomen", "arm", "back", "chest", "ear", "face", "foot", "forearm", "hand", "lip", "neck", "nose", "scalp", "thigh",
)  # fmt: skip

REGION = "region"
"""The question for the place on the body."""
OTHER = "other"
PLACES_BEYOND = (
    "armpit", "buttock", "elbow", "genitals", "groin", "hip", "knee", "lower leg", "mouth", "shoulder", OTHER,
)  # fmt: skip
"""Places that a person can choose and PAD-UFES-20 lacks. The record keeps the true place; see `answers_for_model`."""


def _yes_no(name: str, question: str) -> ClinicalField:
    return ClinicalField(name=name, kind="yes_no", question=question)


def _choice(name: str, choices: tuple[str, ...], question: str) -> ClinicalField:
    return ClinicalField(name=name, kind="choice", choices=choices, question=question)


def _number(name: str, unit: str, low: float, high: float, question: str) -> ClinicalField:
    return ClinicalField(name=name, kind="number", unit=unit, minimum=low, maximum=high, question=question)


COLUMNS: dict[str, ClinicalField] = {
    "age": _number("age_years", "years", 0, 120, "How old is the person?"),
    "region": _choice("region", _REGIONS, "Where on the body is the spot?"),
    "itch": _yes_no("itch", "Does it itch?"),
    "grew": _yes_no("grew", "Has it grown lately?"),
    "hurt": _yes_no("hurt", "Does it hurt?"),
    "changed": _yes_no("changed", "Has its colour or shape changed?"),
    "bleed": _yes_no("bleed", "Has it bled?"),
    "elevation": _yes_no("elevation", "Is it raised above the skin?"),
    "gender": _choice("gender", ("female", "male"), "Is the person female or male?"),
    "fitspatrick": _number("fitzpatrick_type", "type", 1, 6, "Skin type on the Fitzpatrick scale, 1 to 6?"),
    "diameter_1": _number("diameter_1_mm", "mm", 0.5, 300, "How wide is it at the widest place, in millimetres?"),
    "diameter_2": _number("diameter_2_mm", "mm", 0.5, 300, "How wide is it across that, in millimetres?"),
    "skin_cancer_history": _yes_no("skin_cancer_history", "Has the person or the family had skin cancer?"),
    "cancer_history": _yes_no("cancer_history", "Has the person or the family had any cancer?"),
    "smoke": _yes_no("smoke", "Does the person smoke?"),
    "drink": _yes_no("drink", "Does the person drink alcohol?"),
    "pesticide": _yes_no("pesticide", "Does the person work with pesticides?"),
    "has_piped_water": _yes_no("has_piped_water", "Is there piped water at home?"),
    "has_sewage_system": _yes_no("has_sewage_system", "Is there a sewer at home?"),
    "background_father": _choice("background_father", _COUNTRIES, "Where does the father's family come from?"),
    "background_mother": _choice("background_mother", _COUNTRIES, "Where does the mother's family come from?"),
}
"""The questions by the column of `metadata.csv` that answers them."""

ALWAYS_ASKED = ("age_years", "region", "itch", "grew", "hurt", "changed", "bleed", "elevation")
"""The questions that the data collectors put to everyone. The answers to the other 13 are missing together, and only for
lesions that were never biopsied, so that a missing answer would say "benign"."""

ALIASES: dict[str, dict[str, str]] = {
    "background_father": {"brasil": "brazil"},
    "background_mother": {"brasil": "brazil"},
}
"""Spellings in the published file that mean one of the choices."""


def offered_answers(field: ClinicalField) -> tuple[str, ...]:
    """The answers that a person can choose: those that the model knows and, for the place on the body, every other place.

    A model that names places in its own way gets "other" alone. Yes or no, and numbers, have none.
    """
    if field.name != REGION or field.kind != "choice":
        return field.choices
    places = {*_REGIONS, *PLACES_BEYOND}
    known = sorted(places - {OTHER}) if places.issuperset(field.choices) else field.choices
    return tuple(dict.fromkeys((*known, OTHER)))


def answers_for_model(answers: Mapping[str, Answer], fields: Sequence[ClinicalField]) -> dict[str, Answer]:
    """The answers for `Contract.encode`: None, as if nobody knew, where a person chose what the model does not know."""
    beyond = {field.name: set(offered_answers(field)) - set(field.choices) for field in fields}
    return {
        name: None if isinstance(answer, str) and normal(answer) in beyond.get(name, ()) else answer
        for name, answer in answers.items()
    }


def fields_named(names: tuple[str, ...]) -> tuple[ClinicalField, ...]:
    """The fields with these names, in this order."""
    by_name = {field.name: field for field in COLUMNS.values()}
    return tuple(by_name[name] for name in names)
