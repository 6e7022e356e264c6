"""A model's scores of some photos, to compare with its scores after a change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skinedge.contract import REFER
from skinedge.datasets.pad_ufes_20 import Record, answer_matrix, patient_ids
from skinedge.errors import DataError
from skinedge.evaluation.audit.report import Change
from skinedge.evaluation.bootstrap import Bools, Floats, figure, patient_weights, ratio, weighted_share
from skinedge.evaluation.predict import Model
from skinedge.preprocess.photo import Pixels, load_photo
from skinedge.progress import track
from skinedge.runtime.engine import program_input


@dataclass(frozen=True)
class Subject:
    """N photos with their answers, and the model's scores of them without a change."""

    model: Model
    records: tuple[Record, ...]
    answers: NDArray[np.float32]
    """(N, F) see `Contract.encode`."""
    scores: Floats
    """(N,) malignancy, 0..1."""

    @classmethod
    def of(cls, model: Model, records: tuple[Record, ...]) -> Subject:
        """Asks the model about every photo once. Raises: PhotoError for the first that cannot be used."""
        answers = answer_matrix(records, model.contract.fields)
        scores = [
            score(model, read(model, record), given)
            for record, given in zip(track(records, "photos as they are"), answers, strict=False)
        ]
        return cls(model, records, answers, np.array(scores))

    def photos(self, what: str) -> Iterator[tuple[int, Pixels]]:
        """Position and pixels of each photo, with a progress bar."""
        for position, record in enumerate(track(self.records, what)):
            yield position, read(self.model, record)

    def change(self, group: str, name: str, *, after: Floats, among: Bools, rounds: int) -> Change:
        """Compares scores after a change (N,) with those before, over the photos in `among` (N,)."""
        before, after = self.scores[among], after[among]
        was, now = (self.model.contract.decide(scores) == REFER for scores in (before, after))
        weights = patient_weights(patient_ids(self.records)[among], rounds=rounds if among.any() else 0, seed=0)
        total = weights.sum(axis=1)
        return Change(
            group=group,
            name=name,
            photos=int(among.sum()),
            refer_to_watch=int((was & ~now).sum()),
            watch_to_refer=int((~was & now).sum()),
            decisions_changed=figure(weighted_share(was != now, np.ones(len(was), dtype=bool), weights)),
            mean_change=figure(ratio(weights @ (after - before), total)),
            mean_absolute_change=figure(ratio(weights @ np.abs(after - before), total)),
        )


def read(model: Model, record: Record) -> Pixels:
    """The photo as the model takes it, (side_px, side_px, 3) uint8."""
    if record.photo is None:
        raise DataError(f"{record.image_id} has no photo: expected records with photos only")
    return load_photo(record.photo, model.contract.image)


def score(model: Model, pixels: Pixels, answers: NDArray[np.float32]) -> float:
    """Malignancy, 0..1, of one photo with one set of answers (F,)."""
    probabilities = model.engine.probabilities(program_input(pixels), answers[None])
    return float(model.contract.score(probabilities))
