"""The questions of a questionnaire, and the encoding of answers as the numbers that a program receives."""

from __future__ import annotations

import math
import re
from typing import Literal

from pydantic import model_validator

from skinedge.contract.frozen import Frozen
from skinedge.contract.words import UNKNOWN, normal, yes_or_no
from skinedge.errors import AnswerError

MISSING = -1.0
"""The value that a program receives at the position of a missing answer. No valid answer is negative."""

Answer = str | bool | int | float | None

# Python also takes "1_0", "nan" and digits of other scripts for numbers; a questionnaire does not.
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII)


class ClinicalField(Frozen):
    """One question of the questionnaire."""

    name: str
    kind: Literal["number", "yes_no", "choice"]
    question: str
    position: int = 0
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> ClinicalField:
        if self.kind == "number":
            if self.minimum is None or self.maximum is None:
                raise ValueError(f"number {self.name} must have a minimum and a maximum")
            # Below zero lies `MISSING`.
            if not 0 <= self.minimum <= self.maximum:
                raise ValueError(f"number {self.name} must have 0 <= minimum <= maximum")
        if self.kind == "choice":
            if not self.choices:
                raise ValueError(f"choice {self.name} must have choices")
            # Answers are compared in lower case: no answer could match any other choice.
            if len({normal(choice) for choice in self.choices} & set(self.choices)) < len(self.choices):
                raise ValueError(f"choices of {self.name} must be in lower case and differ")
        return self

    def encode(self, answer: Answer) -> float:
        """The number that the program expects at `position` for an answer.

        Returns: the value in `unit`; 1.0 or 0.0 for yes or no; the index in `choices`; `MISSING` where unanswered.
        Raises: AnswerError where the answer is not one this question takes.
        """
        text = "" if answer is None else normal(str(answer))
        if text in UNKNOWN:
            return MISSING
        if self.kind == "yes_no":
            value = yes_or_no(text)
            if value is not None:
                return float(value)
            raise AnswerError("{question}: got {answer!r}, expected yes, no or unknown", question=self.name, answer=answer)
        if self.kind == "choice":
            if text in self.choices:
                return float(self.choices.index(text))
            raise AnswerError(
                "{question}: got {answer!r}, expected one of {choices}, or unknown",
                question=self.name,
                answer=answer,
                choices=", ".join(self.choices),
            )
        return self._encode_number(answer, text)

    def _encode_number(self, answer: Answer, text: str) -> float:
        # A number has both, see `_check`: None never gets here.
        low, high = self.minimum or 0.0, self.maximum or 0.0
        value = float(text) if _PLAIN_NUMBER.fullmatch(text) else math.nan
        if low <= value <= high:
            return value
        details: dict[str, Answer] = {"question": self.name, "answer": answer, "low": f"{low:g}", "high": f"{high:g}"}
        if self.unit is None:
            raise AnswerError("{question}: got {answer!r}, expected a number from {low} to {high}, or unknown", **details)
        raise AnswerError(
            "{question}: got {answer!r}, expected a number from {low} to {high} {unit}, or unknown",
            **details,
            unit=self.unit,
        )


def numbered(fields: tuple[ClinicalField, ...]) -> tuple[ClinicalField, ...]:
    """The same fields with positions 0, 1, 2, …, as a contract requires."""
    return tuple(field.model_copy(update={"position": i}) for i, field in enumerate(fields))
