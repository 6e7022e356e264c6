"""What missing answers alone tell of the class: a model that sees them could answer without a photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from skinedge.datasets.pad_ufes_20 import UNK, DataSet, Record, label_indices, read_metadata
from skinedge.datasets.splits import FOLDS, grouped_folds
from skinedge.evaluation.audit.report import MissingFlag, Missingness
from skinedge.evaluation.bootstrap import Bools, Figure, Floats, figure, mean_of_defined, weighted_auc, weighted_share
from skinedge.questionnaire import COLUMNS, LABELS, MALIGNANT

QUESTIONS = tuple(question.name for question in COLUMNS.values())


def is_malignant(records: tuple[Record, ...]) -> Bools:
    """(N,)"""
    return np.isin(label_indices(records), [LABELS.index(label) for label in MALIGNANT])


def unanswered(records: tuple[Record, ...], questions: tuple[str, ...] = QUESTIONS) -> Bools:
    """(N, F) where an answer is missing: left empty, marked unknown, or out of range."""
    return np.array([[record.answers[name] is None for name in questions] for record in records])


def marked_unknown(data: DataSet) -> Bools:
    """(N, 21) where the file says UNK, which `Record` does not distinguish from an empty cell."""
    return np.array([[row[column].upper() == UNK for column in COLUMNS] for row in read_metadata(data.folder)])


def audit_missingness(data: DataSet, weights: Floats) -> Missingness:
    """Measures every flag alone, and all of them in logistic regression, over all rows of the metadata.

    Args:
        weights: (1 + R, rows) as `patient_weights` makes them.

    Raises: DataError where there are too few patients for five folds.
    """
    malignant, flags = is_malignant(data.records), unanswered(data.records)
    aucs = [turned(weighted_auc(flag.astype(np.float64), malignant, weights)) for flag in flags.T]
    best, best_auc = _best(aucs)
    best_unknown, unknown_auc = _best(
        [turned(weighted_auc(flag.astype(np.float64), malignant, weights[:1])) for flag in marked_unknown(data).T]
    )
    return Missingness(
        rows=len(data.records),
        patterns=len(np.unique(flags, axis=0)),
        best_question=best,
        best=best_auc,
        model=_model_auc(data.records, flags, weights),
        best_unknown_question=best_unknown,
        best_unknown=unknown_auc,
        flags=tuple(
            MissingFlag(
                question=name,
                malignant_share=figure(weighted_share(flag, malignant, weights[:1])).value,
                benign_share=figure(weighted_share(flag, ~malignant, weights[:1])).value,
                auc=auc,
            )
            for name, flag, auc in zip(QUESTIONS, flags.T, aucs, strict=True)
        ),
    )


def turned(aucs: Floats) -> Figure:
    """A figure of (1 + R,) AUCs, all turned over where the first is below 0.5: a flag that is always wrong tells as much."""
    return figure(1 - aucs if aucs[0] < 0.5 else aucs)


def _best(aucs: list[Figure]) -> tuple[str | None, Figure]:
    values = [-1.0 if auc.value is None else auc.value for auc in aucs]
    best = int(np.argmax(values))
    return (QUESTIONS[best] if values[best] > 0.5 else None), aucs[best]


def _model_auc(records: tuple[Record, ...], flags: Bools, weights: Floats) -> Figure:
    """The mean over the folds of the AUC of logistic regression on the flags. An AUC of pooled scores would look better
    than nothing even for useless flags, because the share of malignant training rows differs from fold to fold."""
    folds, malignant = grouped_folds(records), is_malignant(records)
    aucs = np.full((len(weights), FOLDS), np.nan)
    for fold in range(FOLDS):
        train, test = folds != fold, folds == fold
        scores = _scores(flags[train], malignant[train], flags[test])
        aucs[:, fold] = weighted_auc(scores, malignant[test], weights[:, test])
    return figure(mean_of_defined(aucs))


def _scores(flags: Bools, malignant: Bools, asked: Bools) -> NDArray[np.float64]:
    if len(np.unique(malignant)) < 2:
        return np.zeros(len(asked))
    model = LogisticRegression(C=1.0, max_iter=2000).fit(flags.astype(np.float64), malignant)
    # Rounded, so that equal patterns tie, whatever the rounding of the sums.
    scores: NDArray[np.float64] = model.decision_function(asked.astype(np.float64)).round(9)
    return scores
