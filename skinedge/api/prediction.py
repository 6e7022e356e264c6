"""What a model is asked about several photos, and what it says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from skinedge.codes import AdviceCode, Decision, ReasonCode
from skinedge.contract import Answer, Contract
from skinedge.errors import DataError
from skinedge.preprocess.photo import Photo, PhotoBytes, PhotoFile, PhotoPixels

Answers = Mapping[str, Answer]
"""By question name; what is left out, or None, the model imputes."""


@dataclass(frozen=True)
class PredictionResult:
    """What a model says of N photos: advice, never a diagnosis."""

    labels: tuple[str, ...]
    """What the L columns of `probabilities` are of."""
    probabilities: NDArray[np.float32]
    """(N, L) float32 in [0, 1], each row summing to 1; a row of NaN where the photo must be taken again."""
    scores: NDArray[np.float64]
    """(N,) malignancy scores in [0, 1]; NaN where the photo must be taken again."""
    decisions: tuple[Decision, ...]
    """N: "refer", "watch", "cannot assess", or "photograph again" where a photo shows nothing, or a warning
    stands and nobody insisted."""
    reasons: tuple[ReasonCode, ...]
    """N: why."""
    imputed: tuple[tuple[str, ...], ...]
    """For each photo, the questions without an answer, which the model filled in by itself."""
    advice: tuple[tuple[AdviceCode, ...], ...]
    """For each photo, its warnings."""

    def __len__(self) -> int:
        return len(self.decisions)


def listed(photos: Photo | Sequence[Photo]) -> Sequence[Photo]:
    """One photo or several as a list."""
    single = isinstance(photos, str | bytes | Path | PhotoFile | PhotoBytes | PhotoPixels | Image.Image) or (
        isinstance(photos, np.ndarray) and photos.ndim == 3
    )
    return [photos] if single else list(photos)  # type: ignore[list-item, arg-type]


def encode_all(answers: Answers | Sequence[Answers | None] | None, count: int, contract: Contract) -> NDArray[np.float32]:
    """(N, F) float32 raw answers: those given for each of `count` photos, or the same for all.

    Raises: DataError where there are not as many as photos; AnswerError where one is not what the model takes.
    """
    rows = [answers] * count if answers is None or isinstance(answers, Mapping) else list(answers)
    if len(rows) != count:
        raise DataError(f"got {len(rows)} sets of answers for {count} photos: expected one for each, or one for all")
    encoded = [contract.encode(row or {}) for row in rows]
    return np.array(encoded, dtype=np.float32).reshape(count, len(contract.fields))
