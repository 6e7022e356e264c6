"""How hard texts are to read, by the formula that is in use for each language. Swahili has none that was validated.

Syllables are counted as groups of vowels, which is near enough for an average over hundreds of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_VOWELS = re.compile(r"[aeiouyáéíóúâêôãõàèìòùäëïöü]+")
_GAPS = re.compile(r"\{[^}]*\}|%\([^)]*\)s")


def sentences(texts: Iterable[str]) -> list[list[str]]:
    """The words of each sentence; gaps for values count as a word."""
    found = []
    for text in texts:
        for sentence in re.split(r"[.?!:;]+(?:\s|$)", _GAPS.sub("X", text.replace("\u00a0", " "))):
            words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", sentence)
            if words:
                found.append(words)
    return found


def averages(texts: Iterable[str], language: str) -> tuple[float, float]:
    """Words a sentence, and syllables a word."""
    found = sentences(texts)
    words = [word for sentence in found for word in sentence]
    return len(words) / len(found), sum(_syllables(word.lower(), language) for word in words) / len(words)


def grade(texts: Iterable[str]) -> float:
    """Years of school that English texts ask for. Source: Kincaid et al., Research Branch Report 8-75, 1975."""
    length, syllables = averages(texts, "en")
    return 0.39 * length + 11.8 * syllables - 15.59


def ease(texts: Iterable[str], language: str) -> float:
    """Reading ease, the higher the easier: 60 and more is called plain, 70 and more easy.

    Source: Flesch, 1948 (en); Szigriszt-Pazos, 1993 (es); Martins et al., 1996 (pt_BR); Kandel and Moles, 1958 (fr).
    """
    length, syllables = averages(texts, language)
    base, per_word, per_sentence = {
        "en": (206.835, 84.6, 1.015),
        "es": (206.835, 62.3, 1.0),
        "pt_BR": (248.835, 84.6, 1.015),
        "fr": (207.0, 73.6, 1.015),
    }[language]
    return base - per_word * syllables - per_sentence * length


def _syllables(word: str, language: str) -> int:
    if language in ("en", "fr") and len(word) > 3:
        word = re.sub(r"(?<![aeiouy])(e|es|ent)$" if language == "fr" else r"(?<=[^aeiouyl])(e|es|ed)$", "", word)
    return max(1, len(_VOWELS.findall(word)))
