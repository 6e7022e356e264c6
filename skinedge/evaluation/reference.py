"""The reference scores, from out-of-fold predictions, that the drift report compares scores of the field with."""

from __future__ import annotations

import numpy as np

from skinedge.contract import Contract
from skinedge.evaluation.metrics import Predictions
from skinedge.reference_scores import BINS, ReferenceScores


def reference_scores(contract: Contract, predictions: Predictions, *, protocol: str) -> ReferenceScores:
    """Histograms of the malignancy scores of out-of-fold predictions, malignant and benign."""
    scores, malignant = predictions.malignancy, predictions.is_malignant

    def count(among: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[int, ...]:
        return tuple(np.histogram(scores[among], bins=BINS, range=(0, 1))[0].tolist())

    return ReferenceScores(
        model_name=contract.model_name,
        weights_sha256=contract.weights_sha256,
        protocol=protocol,
        malignant=count(malignant),
        benign=count(~malignant),
    )
