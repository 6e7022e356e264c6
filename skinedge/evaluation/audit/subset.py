"""Choices of a few photos of every label, for questions that a model is asked repeatedly."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from skinedge.datasets.pad_ufes_20 import Record


def of_every_label(records: tuple[Record, ...], count: int, *, seed: int = 0) -> tuple[Record, ...]:
    """Draws records of every label alike as far as they go, the same for the same seed; all where there are no more."""
    rng = np.random.default_rng(seed)
    shuffled = [records[i] for i in rng.permutation(len(records))]
    met: Counter[str] = Counter()
    ranked = []
    for record in shuffled:
        # One photo of each label a round: rare labels give all they have, and the others fill up.
        ranked.append((met[record.label], record.label, record.image_id))
        met[record.label] += 1
    chosen = {image_id for _, _, image_id in sorted(ranked)[:count]}
    return tuple(record for record in records if record.image_id in chosen)


def most_answered(records: tuple[Record, ...], missing: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """(M,) indices of the records with the fewest missing answers, of every label alike as far as they go.

    Args:
        missing: (N, F) where a question of the model has no answer.
    """
    fewest = missing.sum(axis=1)
    full = np.flatnonzero(fewest == fewest.min())
    ids = {record.image_id for record in of_every_label(tuple(records[i] for i in full), count)}
    return np.array([i for i in full if records[i].image_id in ids], dtype=np.int64)
