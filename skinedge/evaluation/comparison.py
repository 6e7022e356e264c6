"""Compares two models on the same photos: is the difference beyond chance?"""

from __future__ import annotations

import numpy as np

from skinedge.contract import Frozen
from skinedge.errors import DataError
from skinedge.evaluation.bootstrap import (
    Figure,
    Floats,
    figure,
    mean_of_defined,
    patient_weights,
    ratio,
    weighted_auc,
    weighted_confusion,
)
from skinedge.evaluation.metrics import Predictions


class Comparison(Frozen):
    """`other` less `reference`: each difference with its 95 % interval, drawing the same patients for both."""

    n: int
    bacc: Figure
    acc: Figure
    auc: Figure
    malignancy_auc: Figure
    only_other_right: int
    only_reference_right: int
    mcnemar_p: float
    """Exact, two-sided, on the first answers. It assumes independent photos, which those of one patient are not."""


def compare_predictions(reference: Predictions, other: Predictions, *, bootstrap_rounds: int = 1000) -> Comparison:
    """Compares two models on the same photos.

    Raises: DataError where their photos differ.
    Source: McNemar, Psychometrika 12, 1947, in its exact binomial form.
    """
    from scipy.stats import binomtest

    if not (
        reference.labels.shape == other.labels.shape
        and (reference.labels == other.labels).all()
        and (reference.patient_ids == other.patient_ids).all()
    ):
        raise DataError("the two models were asked about different photos: compare them on the same split")
    weights = patient_weights(reference.patient_ids, rounds=bootstrap_rounds, seed=0)
    one, two = _figures(reference, weights), _figures(other, weights)
    differences = {name: figure(two[name] - one[name]) for name in one}
    right, other_right = (p.probabilities.argmax(axis=1) == p.labels for p in (reference, other))
    gained, lost = int((other_right & ~right).sum()), int((right & ~other_right).sum())
    p_value = float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
    return Comparison(n=len(right), **differences, only_other_right=gained, only_reference_right=lost, mcnemar_p=p_value)


def _figures(p: Predictions, weights: Floats) -> dict[str, Floats]:
    classes = len(p.class_labels)
    probabilities = p.probabilities.astype(float)
    confusion = weighted_confusion(p.labels, probabilities.argmax(axis=1), classes, weights)
    right = confusion.diagonal(axis1=1, axis2=2)
    aucs = [weighted_auc(probabilities[:, k], p.labels == k, weights)[:, None] for k in range(classes)]
    return {
        "bacc": mean_of_defined(ratio(right, confusion.sum(axis=2))),
        "acc": ratio(right.sum(axis=1), weights.sum(axis=1)),
        "auc": mean_of_defined(np.concatenate(aucs, axis=1)),
        "malignancy_auc": weighted_auc(p.malignancy, p.is_malignant, weights),
    }
