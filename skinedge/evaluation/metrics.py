"""Metrics of a set of predictions, each with its 95 % interval over patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skinedge.contract import REFER, Contract, Frozen, decide, malignancy_score
from skinedge.errors import DataError
from skinedge.evaluation.bootstrap import (
    Bools,
    Figure,
    Floats,
    figure,
    mean_of_defined,
    patient_weights,
    ratio,
    weighted_auc,
    weighted_confusion,
    weighted_ece,
    weighted_share,
)

_MELANOMA = "MEL"


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """A model's predictions for N photos, and their labels.

    Raises: DataError where the arrays do not fit together.
    """

    probabilities: NDArray[np.floating]
    """(N, L), each row summing to 1."""
    labels: NDArray[np.integer]
    """(N,) positions in `class_labels`."""
    patient_ids: NDArray[np.str_]
    """(N,); the bootstrap draws all photos of a patient together."""
    class_labels: tuple[str, ...]
    malignant_indices: tuple[int, ...]
    refer_threshold: float | NDArray[np.floating] = 0.5
    """A malignancy score at or above this means refer. One for all photos, or (N,): out-of-fold predictions come from
    several models, each with its own threshold."""

    @classmethod
    def of(
        cls,
        contract: Contract,
        probabilities: NDArray[np.floating],
        labels: NDArray[np.integer],
        patient_ids: NDArray[np.str_],
        *,
        refer_threshold: float | NDArray[np.floating] | None = None,
    ) -> Predictions:
        """Predictions of a model with this contract, at its threshold or at the given one, or one for each photo."""
        return cls(
            probabilities=probabilities,
            labels=labels,
            patient_ids=patient_ids,
            class_labels=contract.labels,
            malignant_indices=tuple(contract.malignant_indices),
            refer_threshold=contract.refer.value if refer_threshold is None else refer_threshold,
        )

    def __post_init__(self) -> None:
        photos, classes = len(self.labels), len(self.class_labels)
        if photos == 0:
            raise DataError("no predictions to measure: got 0 photos, expected at least 1; check the split")
        if self.probabilities.shape != (photos, classes) or self.patient_ids.shape != (photos,):
            raise DataError(
                f"predictions do not fit together: got probabilities {self.probabilities.shape} and patient ids "
                f"{self.patient_ids.shape}, expected ({photos}, {classes}) and ({photos},); pass one row for each photo"
            )
        if not np.isfinite(self.probabilities).all() or np.abs(self.probabilities.sum(axis=1) - 1).max() > 1e-3:
            raise DataError("rows of probabilities must be finite and sum to 1: pass softmax output, not logits")
        if self.labels.min() < 0 or self.labels.max() >= classes:
            raise DataError(f"got labels {self.labels.min()} to {self.labels.max()}, expected 0 to {classes - 1}")
        if np.shape(self.refer_threshold) not in ((), (photos,)) or not np.isfinite(self.refer_threshold).all():
            raise DataError(
                f"got thresholds of shape {np.shape(self.refer_threshold)}, expected one finite number or ({photos},) "
                "of them; pass one for each photo"
            )

    @property
    def malignancy(self) -> Floats:
        """(N,) malignancy scores."""
        return malignancy_score(self.probabilities, self.malignant_indices)

    @property
    def referred(self) -> Bools:
        """(N,) whether the decision is to refer."""
        return np.asarray(decide(self.malignancy, self.refer_threshold) == REFER)

    @property
    def is_malignant(self) -> Bools:
        """(N,)"""
        return np.isin(self.labels, self.malignant_indices)


class ClassMetrics(Frozen):
    """Metrics of one class against the rest. All figures are None where the data set has no photo of the class."""

    n: int
    recall: Figure
    precision: Figure
    specificity: Figure
    auc: Figure


class Metrics(Frozen):
    """Metrics of one model on one data set. Macro figures are over the classes present."""

    n: int
    patients: int
    bacc: Figure
    acc: Figure
    auc: Figure
    malignancy_auc: Figure
    malignancy_sensitivity: Figure
    malignancy_specificity: Figure
    referral_rate: Figure
    melanoma_sensitivity: Figure
    ece: Figure
    """Of the first answer, 15 bins. Drawing photos again adds noise to the bins, so that the interval of a calibration
    error tends upwards and can lie above the value."""
    malignancy_ece: Figure
    per_class: dict[str, ClassMetrics]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are the truth, columns the prediction, both in the order of `per_class`."""
    refer_threshold: float | None
    """None where photos have different ones."""
    bootstrap_rounds: int


def measure(predictions: Predictions, *, bootstrap_rounds: int = 1000, seed: int = 0) -> Metrics:
    """Computes all metrics, with intervals by drawing patients with replacement.

    With `bootstrap_rounds=0` there are no intervals: low and high are None.
    """
    p, classes = predictions, len(predictions.class_labels)
    weights = patient_weights(p.patient_ids, rounds=bootstrap_rounds, seed=seed)
    probabilities = p.probabilities.astype(np.float64)
    predicted = probabilities.argmax(axis=1)
    confusion = weighted_confusion(p.labels, predicted, classes, weights)
    total, true, called = weights.sum(axis=1), confusion.sum(axis=2), confusion.sum(axis=1)
    right = np.diagonal(confusion, axis1=1, axis2=2)

    recall = ratio(right, true)
    # An absent class has no figures at all, even where a precision of 0 / 5 could be computed.
    precision = np.where(true > 0, ratio(right, called), np.nan)
    specificity = np.where(true > 0, ratio(total[:, None] - true - called + right, total[:, None] - true), np.nan)
    auc = np.stack([weighted_auc(probabilities[:, k], p.labels == k, weights) for k in range(classes)], axis=1)
    per_class = {
        label: ClassMetrics(
            n=int(true[0, k]),
            recall=figure(recall[:, k]),
            precision=figure(precision[:, k]),
            specificity=figure(specificity[:, k]),
            auc=figure(auc[:, k]),
        )
        for k, label in enumerate(p.class_labels)
    }

    score, malignant, everyone = p.malignancy, p.is_malignant, np.ones(len(p.labels), dtype=bool)
    referred = p.referred
    thresholds = np.unique(p.refer_threshold)
    melanoma = np.array(p.class_labels)[p.labels] == _MELANOMA
    return Metrics(
        n=len(p.labels),
        patients=len(np.unique(p.patient_ids)),
        bacc=figure(mean_of_defined(recall)),
        acc=figure(ratio(right.sum(axis=1), total)),
        auc=figure(mean_of_defined(auc)),
        malignancy_auc=figure(weighted_auc(score, malignant, weights)),
        malignancy_sensitivity=figure(weighted_share(referred, malignant, weights)),
        malignancy_specificity=figure(weighted_share(~referred, ~malignant, weights)),
        referral_rate=figure(weighted_share(referred, everyone, weights)),
        melanoma_sensitivity=figure(weighted_share(referred, melanoma, weights)),
        ece=figure(weighted_ece(probabilities.max(axis=1), predicted == p.labels, weights)),
        malignancy_ece=figure(weighted_ece(score, malignant, weights)),
        per_class=per_class,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion[0]),
        refer_threshold=float(thresholds[0]) if len(thresholds) == 1 else None,
        bootstrap_rounds=bootstrap_rounds,
    )
