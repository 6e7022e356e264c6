"""Runs a model on records, one at a time, as a phone does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import Record, answer_matrix
from skinedge.errors import DataError
from skinedge.preprocess.photo import load_photo
from skinedge.progress import track
from skinedge.runtime.engine import Engine, program_input


@dataclass(frozen=True)
class Model:
    """An engine with its contract."""

    engine: Engine
    contract: Contract


def predict(model: Model, records: tuple[Record, ...], *, what: str = "screening") -> NDArray[np.float32]:
    """(N, L) float32 probabilities of records with photos.

    Raises: PhotoError for the first photo that cannot be used.
    """
    answers = answer_matrix(records, model.contract.fields)
    probabilities = []
    for position, record in enumerate(track(records, what)):
        if record.photo is None:
            raise DataError(f"{record.image_id} has no photo: expected records with photos only")
        photo = program_input(load_photo(record.photo, model.contract.image))
        probabilities.append(model.engine.probabilities(photo, answers[position : position + 1]))
    return np.stack(probabilities)
