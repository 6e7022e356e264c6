"""The 21 clinical questions of PAD-UFES-20 and its six labels.

Source: Pacheco et al., PAD-UFES-20, Data in Brief 32:106221, 2020 (CC BY 4.0).
"""

from __future__ import annotations

from skinedge.contract import ClinicalField

LABELS = ("ACK", "BCC", "MEL", "NEV", "SCC", "SEK")
MALIGNANT = ("BCC", "MEL", "SCC")

_COUNTRIES = (
    "austria", "brazil", "czech", "france", "germany", "israel", "italy", "netherlands", "norway", "poland",
    "pomerania", "portugal", "spain", "australia", "unclear",
)  # fmt: skip
_REGIONS = (
    "abdomen", "arm", "back", "chest", "ear", "face", "foot", "forearm", "hand", "lip", "neck", "nose", "scalp", "thigh",
)  # fmt: skip


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


def fields_named(names: tuple[str, ...]) -> tuple[ClinicalField, ...]:
    """The fields with these names, in this order."""
    by_name = {field.name: field for field in COLUMNS.values()}
    return tuple(by_name[name] for name in names)
