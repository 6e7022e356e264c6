"""Turns codes, questions and dates into words of one language.

Catalogues are gettext's: `locale/<language>/LC_MESSAGES/skinedge.po`, compiled to `.mo` beside it by `make words`. English
is what the source says, and has none. The standard library reads them; Babel, of `[station]`, writes dates.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from skinedge.codes import AdviceCode, Decision, ReasonCode, Standing
from skinedge.contract import Answer, ClinicalField, normal
from skinedge.contract.words import UNKNOWN
from skinedge.errors import ConfigError, SkinEdgeError
from skinedge.questionnaire import offered_answers
from skinedge.words import questions, results

Language = Literal["en", "pt_BR", "es", "fr", "sw"]
LANGUAGES: dict[Language, str] = {
    "en": "English",
    "pt_BR": "Português",
    "es": "Español",
    "fr": "Français",
    "sw": "Kiswahili",
}
"""Each language by its own name."""
DECIMAL_SIGNS: dict[Language, str] = {"en": ".", "pt_BR": ",", "es": ",", "fr": ",", "sw": "."}
"""As in the Unicode CLDR, which Babel has: the plain install does without its 36 MB."""

DOMAIN = "skinedge"
FOLDER = Path(__file__).parent / "locale"
ANSWER = "answer"
"""The context of answers in the catalogues, see `markers.NP_`."""


@dataclass(frozen=True)
class Translator:
    """The words of one language. `gettext`, `ngettext` and `pgettext` are for templates."""

    language: Language
    catalogue: gettext.NullTranslations

    def gettext(self, text: str) -> str:
        """A text in this language; itself where there is no translation."""
        return self.catalogue.gettext(text) if text else ""

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The form that goes with this count."""
        return self.catalogue.ngettext(one, many, count)

    def pgettext(self, context: str, text: str) -> str:
        """A text that means something else in another context."""
        return self.catalogue.pgettext(context, text)

    def decision(self, decision: Decision) -> str:
        return self.gettext(results.DECISIONS[decision])

    def what_to_do(self, decision: Decision) -> str:
        return self.gettext(results.WHAT_TO_DO[decision])

    def standing(self, standing: Standing) -> str:
        """What a visit comes to, see `skinedge.records.state`."""
        return self.gettext(results.STANDINGS[standing])

    def what_a_person_knows(self, standing: Standing) -> str:
        """What to do where a person decided, or found something."""
        return self.gettext(results.WHAT_A_PERSON_KNOWS[standing])

    def reason(self, code: ReasonCode, *, score: float | None, threshold: float) -> str:
        """One sentence; the score and the threshold never look alike where they differ."""
        ours, limit = distinct_figures(score or 0.0, threshold)
        return self.gettext(results.REASONS[code]).format(score=self._figure(ours), threshold=self._figure(limit))

    def advice(self, code: AdviceCode) -> str:
        return self.gettext(results.ADVICE[code])

    def question(self, field: ClinicalField) -> str:
        """A question of a contract: in English where its wording is the contract's own."""
        return self.gettext(field.question)

    def short_name(self, question: str) -> str:
        """What a question is about, by its name in the contract."""
        text = questions.SHORT_NAMES.get(question)
        return self.gettext(text) if text else question.replace("_", " ")

    def answer(self, answer: str) -> str:
        """An answer that a contract takes: one of its choices, `yes`, `no` or `unknown`."""
        return self.pgettext(ANSWER, questions.ANSWERS.get(answer) or questions.PLACES.get(answer, answer))

    def answers(self, field: ClinicalField) -> tuple[str, ...]:
        """The answers that a question offers, as a contract spells them; none for a number."""
        return ("yes", "no") if field.kind == "yes_no" else offered_answers(field)

    def imputed(self, names: Sequence[str], answers: Mapping[str, Answer] | None = None) -> str:
        """Says which questions the model answered by itself.

        Args:
            answers: what people answered: what the model does not know is told apart from what nobody knew.
        """
        given = {name: str(answer) for name, answer in (answers or {}).items() if answer is not None}
        beyond = [name for name in names if normal(given.get(name, "")) not in UNKNOWN]
        blank = [name for name in names if name not in beyond]
        told = [self._left_blank(blank)]
        if beyond:
            text = self.gettext("The program does not know this answer, and left it out: {answers}.")
            told.append(text.format(answers=", ".join(self.answer(normal(given[name])) for name in beyond)))
        return " ".join(told)

    def _left_blank(self, names: Sequence[str]) -> str:
        if not names:
            return self.gettext("All questions were answered.")
        text = self.ngettext(
            "This question had no answer, so the program filled it in: {names}.",
            "These {count} questions had no answer, so the program filled them in: {names}.",
            len(names),
        )
        return text.format(count=len(names), names=", ".join(map(self.short_name, names)))

    def refer_from(self, threshold: str) -> str:
        """Where on a scale of scores "refer" starts."""
        return self.gettext("refer from {threshold}").format(threshold=self._figure(threshold))

    def unit(self, unit: str) -> str:
        return self.gettext(questions.UNITS.get(unit, unit))

    def error(self, error: SkinEdgeError, **instead: str) -> str:
        """An error in this language, or in English where nobody was expected to meet it.

        Args:
            instead: other words for what the error names, such as `photo` where a file's name means nothing to anyone.
        """
        values = dict(error.values)
        for name, tell in (("question", self.short_name), ("unit", self.unit)):
            if name in values:
                values[name] = tell(str(values[name]))
        return self.gettext(error.text).format(**values | instead) if values else self.gettext(error.text)

    def date(self, day: date) -> str:
        """A day as people write it, such as "1 de março de 2025"."""
        from babel.dates import format_date  # Only slips and pages have dates, and the plain install has no Babel.

        return format_date(day, "long", locale=self.language)

    def number(self, value: float, *, decimals: int = 0) -> str:
        """A number with this language's decimal sign."""
        return self._figure(f"{value:.{decimals}f}")

    def _figure(self, digits: str) -> str:
        return digits.replace(".", DECIMAL_SIGNS[self.language])


@cache
def translator(language: str = "en") -> Translator:
    """The words of a language. Raises: ConfigError where it is none of `LANGUAGES`."""
    for known in get_args(Language):
        if known == language:
            if known == "en":
                return Translator("en", gettext.NullTranslations())
            return Translator(known, gettext.translation(DOMAIN, FOLDER, [known]))
    raise ConfigError(f"no words in the language {language!r}: expected one of {', '.join(LANGUAGES)}")


def distinct_figures(score: float, threshold: float) -> tuple[str, str]:
    """Both numbers with two decimals, or with as many as it takes to tell them apart: never "0.50, below 0.50"."""
    for decimals in range(2, 17):
        figures = f"{score:.{decimals}f}", f"{threshold:.{decimals}f}"
        if score == threshold or figures[0] != figures[1]:
            return figures
    return repr(score), repr(threshold)
