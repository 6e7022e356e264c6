"""Reads what people and spreadsheets write for yes, no and "don't know". The Kotlin twin has the same words."""

from __future__ import annotations

import unicodedata

YES = frozenset(
    {"yes", "y", "true", "t", "1", "1.0", "sim", "sí", "si", "s", "oui", "ndiyo", "ja"}
    # As Excel writes TRUE in Portuguese, Spanish, French, German and Italian.
    | {"verdadeiro", "verdadero", "vrai", "wahr", "vero"}
)
NO = frozenset(
    {"no", "n", "false", "f", "0", "0.0", "não", "nao", "non", "hapana", "nein"}
    # FALSE in the same languages.
    | {"falso", "faux", "falsch"}
)
UNKNOWN = frozenset({"", "unknown", "unk", "don't know", "dont know"})


def normal(text: str) -> str:
    """The form in which answers are compared: stripped, in lower case, each letter with its accents one character."""
    return unicodedata.normalize("NFC", text).strip().lower()


def yes_or_no(text: str) -> bool | None:
    """True for yes, False for no, None for anything else, which is never a no."""
    word = normal(text)
    return True if word in YES else False if word in NO else None
