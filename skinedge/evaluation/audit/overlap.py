"""Patients, lesions and pictures that a split has in both partitions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skinedge.datasets.pad_ufes_20 import Record, label_indices, patient_ids
from skinedge.evaluation.audit.image_statistics import HASH_BITS, ImageStatistics
from skinedge.evaluation.audit.report import Duplicates, Partitions, Share
from skinedge.evaluation.baseline import Parts

NEAR_BITS = 32
"""Of 255 bits, how many may differ. On PAD-UFES-20 copies made smaller, brighter and compressed again were at most 24
away from the original, the photos of different patients at least 46."""
_CHUNK = 1024


def partitions_of(records: tuple[Record, ...], parts: Parts, statistics: ImageStatistics | None = None) -> Partitions:
    """Counts test images with a patient, a lesion or (with `statistics`) a picture in the training part of their fold."""
    patients = patient_ids(records)
    lesions = np.array([f"{record.patient_id}\n{record.lesion_id}" for record in records])
    tested = sum(len(test) for _, test in parts)

    def shared(keys: NDArray[np.str_]) -> Share:
        return Share.out_of(sum(int(np.isin(keys[test], keys[train]).sum()) for train, test in parts), tested)

    if statistics is None:
        return Partitions(unit="rows", patients=shared(patients), lesions=shared(lesions))
    near = sum(int(_has_near(statistics.hashes[test], statistics.hashes[train]).sum()) for train, test in parts)
    return Partitions(
        unit="photos",
        patients=shared(patients),
        lesions=shared(lesions),
        near_duplicates=Share.out_of(near, tested),
        exact_duplicates=shared(statistics.pixels_sha256),
    )


def duplicates(records: tuple[Record, ...], statistics: ImageStatistics) -> Duplicates:
    """Counts pairs of photos that are the same picture, over the whole data set."""
    patients, labels = patient_ids(records), label_indices(records)
    pairs = [
        (start + i, j)
        for start, distances in _distances(statistics.hashes, statistics.hashes)
        for i, j in zip(*np.nonzero(distances <= NEAR_BITS), strict=True)
        if start + i < j
    ]
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Duplicates(
        bits=HASH_BITS,
        at_most_different=NEAR_BITS,
        exact_pairs=int((statistics.pixels_sha256[first] == statistics.pixels_sha256[second]).sum()),
        near_pairs=len(pairs),
        near_pairs_of_two_patients=int((patients[first] != patients[second]).sum()),
        near_pairs_of_two_labels=int((labels[first] != labels[second]).sum()),
    )


def _has_near(some: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N,) whether each of `some` (N, bits) is near any of `others`."""
    return np.concatenate([(distances <= NEAR_BITS).any(axis=1) for _, distances in _distances(some, others)])


def _distances(some: NDArray[np.bool_], others: NDArray[np.bool_]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Differing bits of all pairs, a chunk of `some` at a time: (first index, (chunk, M))."""
    b = others.astype(np.float32) * 2 - 1
    for start in range(0, len(some), _CHUNK):
        a = some[start : start + _CHUNK].astype(np.float32) * 2 - 1
        yield start, (a.shape[1] - a @ b.T) / 2
