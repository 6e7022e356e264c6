"""The contract: what goes into a model, what comes out, and what the answer was tuned on.

One `contract.json` travels in every checkpoint, bundle and app. Programs in any language that follow it need to crop a
square, put answers at the positions named here, and read one probability per label; everything else is in the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from skinedge.errors import AnswerError, ContractError

MISSING = -1.0
"""What a program receives at the position of a question that was not answered. No valid answer is negative."""

CONTRACT_FILE = "contract.json"
Answer = str | bool | int | float | None

_TRUE = frozenset({"yes", "true", "y", "1"})
_FALSE = frozenset({"no", "false", "n", "0"})
_UNKNOWN = frozenset({"", "unknown", "unk", "don't know", "dont know"})


class Frozen(BaseModel):
    """Immutable, and strict about names: an unknown key is an error, not a surprise later."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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
            # Answers are compared in lower case, so that any other choice could never be taken.
            if len({choice.strip().lower() for choice in self.choices} & set(self.choices)) < len(self.choices):
                raise ValueError(f"choices of {self.name} must be in lower case and differ")
        return self

    def encode(self, answer: Answer) -> float:
        """Turns an answer into the number that the program expects at `position`.

        Returns: the value in `unit`; 1.0 or 0.0 for yes or no; the index in `choices`; `MISSING` where unanswered.
        Raises: AnswerError where the answer is not one this question takes.
        """
        if answer is None or (isinstance(answer, str) and answer.strip().lower() in _UNKNOWN):
            return MISSING
        text = str(answer).strip().lower()
        if self.kind == "yes_no":
            if text in _TRUE | _FALSE:
                return float(text in _TRUE)
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
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if low <= value <= high:
            return value
        told: dict[str, Answer] = {"question": self.name, "answer": answer, "low": f"{low:g}", "high": f"{high:g}"}
        if self.unit is None:
            raise AnswerError("{question}: got {answer!r}, expected a number from {low} to {high}, or unknown", **told)
        raise AnswerError(
            "{question}: got {answer!r}, expected a number from {low} to {high} {unit}, or unknown", **told, unit=self.unit
        )


class ImageSpec(Frozen):
    """How a photo becomes the first input: (1, 3, side_px, side_px) float32, RGB, 0..255."""

    side_px: int = 448
    crop: Literal["centre_square"] = "centre_square"
    resize: Literal["antialiased_bilinear"] = "antialiased_bilinear"
    layout: Literal["NCHW"] = "NCHW"
    minimum_side_px: int = 100
    maximum_pixels: int = 120_000_000


class Threshold(Frozen):
    """A limit on the malignancy score, and what it was chosen on."""

    value: float = Field(default=0.5, ge=0, le=1)
    chosen_on: str = "not chosen yet: 0.5 is a placeholder"
    target_sensitivity: float | None = None


class Contract(Frozen):
    """What a SkinEdge program takes and gives; see the module docstring."""

    schema_version: Literal[1] = 1
    model_name: str
    backbone: str
    fusion: str = "product"
    labels: tuple[str, ...]
    malignant_labels: tuple[str, ...]
    image: ImageSpec = ImageSpec()
    fields: tuple[ClinicalField, ...]
    blank: float = MISSING
    temperature: float = Field(default=1.0, gt=0)
    refer: Threshold = Threshold()
    """At or above it, refer."""
    watch_below: Threshold | None = None
    """Below it, watch. From here up to `refer` the model cannot assess; None where it always says refer or watch."""
    weights_sha256: str | None = None
    data_sha256: str | None = None
    trained_on: str = "nothing yet"
    minimum_runtimes: Mapping[str, str] = {"executorch": "1.4", "onnxruntime": "1.20"}
    notice: str = "Research software, not a medical device. The answer is advice to refer or to watch, never a diagnosis."

    @model_validator(mode="after")
    def _check(self) -> Contract:
        if [f.position for f in self.fields] != list(range(len(self.fields))):
            raise ValueError("field positions must be 0, 1, 2, … in order")
        for what, names in (
            ("labels", self.labels),
            ("malignant_labels", self.malignant_labels),
            ("names of fields", tuple(field.name for field in self.fields)),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"{what} must differ, got {', '.join(names)}")
        if not set(self.malignant_labels) <= set(self.labels):
            raise ValueError("malignant_labels must be among labels")
        if self.watch_below is not None and self.watch_below.value > self.refer.value:
            raise ValueError(f"watch_below must be at most refer, got {self.watch_below.value:g} > {self.refer.value:g}")
        # Types cannot say it: a Literal takes no float.
        if self.blank != MISSING:
            raise ValueError(f"blank must be {MISSING:g}, got {self.blank:g}")
        return self

    @property
    def malignant_indices(self) -> list[int]:
        return [self.labels.index(label) for label in self.malignant_labels]

    def encode(self, answers: Mapping[str, Answer]) -> list[float]:
        """Puts answers at their positions; questions without an answer are `MISSING`.

        Raises: AnswerError for a question that this model does not ask, or an answer it does not take.
        """
        names = [field.name for field in self.fields]
        for name in answers:
            if name not in names:
                raise AnswerError("unknown question {name!r}: this model asks {names}", name=name, names=", ".join(names))
        return [field.encode(answers.get(field.name)) for field in self.fields]

    def file_bytes(self) -> bytes:
        """What `contract.json` holds."""
        return (self.model_dump_json(indent=2) + "\n").encode()

    def save(self, folder: Path) -> None:
        (folder / CONTRACT_FILE).write_bytes(self.file_bytes())

    @classmethod
    def load(cls, folder: Path) -> Contract:
        """Reads `contract.json` of a checkpoint or bundle.

        Raises: ContractError where it is missing, not JSON, or says something this version does not know.
        """
        path = folder / CONTRACT_FILE
        try:
            data = path.read_bytes()
        except OSError:
            raise ContractError(f"no {CONTRACT_FILE} in {folder}: give a folder made by skinedge train or export") from None
        return cls.parse(data, path)

    @classmethod
    def parse(cls, data: bytes, path: Path) -> Contract:
        """Reads a contract from bytes that came from `path`. Raises: ContractError, see `load`."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "file"
            # Names in the file may hold line breaks.
            what = " ".join(f"{where}: {first['msg'].removeprefix('Value error, ')}".split())
            raise ContractError(f"{path} cannot be used: {what}; make it anew with skinedge train or export") from None


def numbered(fields: tuple[ClinicalField, ...]) -> tuple[ClinicalField, ...]:
    """The same fields with positions 0, 1, 2, … as a contract wants them."""
    return tuple(field.model_copy(update={"position": i}) for i, field in enumerate(fields))
