"""Runs a model on records: one at a time, as a phone does, or in batches where its engine takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet, Record, answer_matrix
from skinedge.errors import DataError
from skinedge.evaluation.run_inputs import RunInputs
from skinedge.preprocess.photo import load_photo
from skinedge.progress import track
from skinedge.runtime.engine import Engine, Floats, program_input


@dataclass(frozen=True)
class Model:
    """An engine with its contract."""

    engine: Engine
    contract: Contract
    inputs: RunInputs | None = None
    """What it was trained on, where the folder of its run is at hand."""

    def was_trained_on(self, data: DataSet) -> bool:
        """Whether it has seen rows of this data set, or the very same data set, in training."""
        same = self.contract.data_sha256 == data.sha256()
        return same or (self.inputs is not None and self.inputs.shares_rows_with(data))


@runtime_checkable
class BatchEngine(Protocol):
    """An engine that also takes many photos at once."""

    def batch(self, photos: Floats, answers: Floats) -> Floats:
        """(N, 3, side_px, side_px) and (N, fields) to (N, labels); see `Engine.probabilities`."""
        ...


def predict(
    model: Model, records: tuple[Record, ...], *, what: str = "screening", batch_size: int = 1
) -> NDArray[np.float32]:
    """(N, L) float32 probabilities of records with photos.

    Args:
        batch_size: photos that pass together where the engine takes batches. With 1, every engine computes as on a phone.

    Raises: PhotoError for the first photo that cannot be used.
    """
    answers = answer_matrix(records, model.contract.fields)
    probabilities: list[Floats] = []
    waiting: list[Floats] = []
    for position, record in enumerate(track(records, what)):
        if record.photo is None:
            raise DataError(f"{record.image_id} has no photo: expected records with photos only")
        waiting.append(program_input(load_photo(record.photo, model.contract.image)))
        start = position + 1 - len(waiting)
        if not isinstance(model.engine, BatchEngine):
            probabilities.append(model.engine.probabilities(waiting.pop(), answers[start : position + 1])[None])
        elif len(waiting) == batch_size or position + 1 == len(records):
            probabilities.append(model.engine.batch(np.concatenate(waiting), answers[start : position + 1]))
            waiting.clear()
    return np.concatenate(probabilities)
