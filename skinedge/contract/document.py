"""The contract: the input and output of a model, its thresholds and what they were chosen on, and its architecture.

One `contract.json` travels in every checkpoint, bundle and app. Programs in any language that follow it need to crop a
square, put answers at the positions named here, and read one probability per label; everything else is in the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, ValidationError, model_validator

from skinedge.contract.decision import decide, malignancy_score
from skinedge.contract.fields import MISSING, Answer, ClinicalField
from skinedge.contract.frozen import Frozen
from skinedge.contract.migrations import RepeatedNameError, upgraded
from skinedge.contract.model_config import ModelConfig
from skinedge.errors import AnswerError, ContractError

CONTRACT_FILE = "contract.json"
_DECIDED_ON = ("schema_version", "missing", "temperature", "refer", "watch_below")
"""What a file of schema 2 must say, although a contract in memory has defaults."""


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
    """The contract of a SkinEdge program; see the module docstring."""

    schema_version: Literal[2] = 2
    model_name: str
    labels: tuple[str, ...]
    malignant_labels: tuple[str, ...]
    image: ImageSpec = ImageSpec()
    fields: tuple[ClinicalField, ...]
    missing: float = MISSING
    """What a program receives where there is no answer."""
    temperature: float = Field(default=1.0, gt=0)
    refer: Threshold = Threshold()
    """At or above it, refer."""
    watch_below: Threshold | None = None
    """Below it, watch. From here up to `refer` the model cannot assess; None where every decision is refer or watch."""
    model: ModelConfig | None = None
    """None in bundles of schema 1, which did not have it."""
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
        if self.model is not None and self.image.side_px != 2 * self.model.side_px:
            got = f"{self.image.side_px} and {self.model.side_px}"
            raise ValueError(f"image.side_px must be twice model.side_px, got {got}")
        if self.watch_below is not None and self.watch_below.value > self.refer.value:
            raise ValueError(f"watch_below must be at most refer, got {self.watch_below.value:g} > {self.refer.value:g}")
        # A check, because a Literal takes no float.
        if self.missing != MISSING:
            raise ValueError(f"missing must be {MISSING:g}, got {self.missing:g}")
        return self

    @property
    def malignant_indices(self) -> list[int]:
        return [self.labels.index(label) for label in self.malignant_labels]

    @property
    def network(self) -> ModelConfig:
        """The architecture to rebuild the network from. Raises: ContractError where the contract does not have it."""
        if self.model is None:
            raise ContractError(
                f"the contract of {self.model_name} does not say how its network is built, and no recipe.json beside it "
                "does: give a whole checkpoint"
            )
        return self.model

    def score(self, probabilities: ArrayLike) -> NDArray[np.float64]:
        """(..., L) probabilities to (...,) malignancy scores; see `malignancy_score`."""
        return malignancy_score(probabilities, self.malignant_indices)

    def decide(self, scores: ArrayLike) -> NDArray[np.str_]:
        """(...,) malignancy scores to (...,) decisions at this contract's thresholds; see `decide`."""
        return decide(scores, self.refer.value, None if self.watch_below is None else self.watch_below.value)

    def encode(self, answers: Mapping[str, Answer]) -> list[float]:
        """The answers as numbers at their positions; `MISSING` where a question has no answer.

        Raises: AnswerError for a question that this model does not ask, or an answer it does not take.
        """
        names = [field.name for field in self.fields]
        for name in answers:
            if name not in names:
                raise AnswerError("unknown question {name!r}: this model asks {names}", name=name, names=", ".join(names))
        return [field.encode(answers.get(field.name)) for field in self.fields]

    def file_bytes(self) -> bytes:
        """The content of `contract.json`."""
        return (self.model_dump_json(indent=2) + "\n").encode()

    def save(self, folder: Path) -> None:
        (folder / CONTRACT_FILE).write_bytes(self.file_bytes())

    @classmethod
    def load(cls, folder: Path) -> Contract:
        """Reads `contract.json` of a checkpoint or bundle, of this schema or of schema 1.

        Raises: ContractError where it is missing, not JSON, or not a contract that this version can read.
        """
        path = folder / CONTRACT_FILE
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise ContractError(f"no {CONTRACT_FILE} in {folder}: give a folder made by skinedge train or export") from None
        except OSError as error:
            raise ContractError(f"cannot read {path}: {error.strerror}; check the disk, or copy the folder again") from None
        return cls.parse(data, path, checkpoint=folder)

    @classmethod
    def parse(cls, data: bytes, path: Path, *, checkpoint: Path | None = None) -> Contract:
        """Reads a contract from bytes that came from `path`. Raises: ContractError, see `load`.

        Args:
            checkpoint: the folder whose recipe says what a contract of schema 1 left out.
        """
        try:
            found = cls.model_validate_json(upgraded(data, checkpoint))
            # A limit that was lost from the file would be decided on its default.
            lost = [name for name in _DECIDED_ON if name not in found.model_fields_set]
            what = f"{lost[0]} is missing" if lost else ""
        except RepeatedNameError as error:
            what = str(error)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "file"
            what = f"{where}: {first['msg'].removeprefix('Value error, ')}"
        if what:
            # Names in the file may hold line breaks.
            told = " ".join(what.split())
            raise ContractError(f"{path} cannot be used: {told}; make it anew with skinedge train or export") from None
        return found
