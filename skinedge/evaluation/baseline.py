"""The baseline of the answers alone, with no photo, which a photo model has to beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import Record, answer_matrix, label_indices, patient_ids
from skinedge.evaluation.calibration import TARGET_SENSITIVITY, refer_threshold
from skinedge.evaluation.metrics import Metrics, Predictions, measure
from skinedge.questionnaire import COLUMNS

Parts = list[tuple[NDArray[np.int64], NDArray[np.int64]]]
"""Indices of the records to train on and of those to test on, one pair a fold."""


def answers_only(records: tuple[Record, ...], contract: Contract, parts: Parts) -> dict[str, Metrics]:
    """Metrics of logistic regression on the answers, on the same folds: for this model's questions, and for all questions.

    The second may learn from missing answers; see `training.answer_dropout` for why a model must not.
    """
    out = {}
    asked = tuple(field.name for field in contract.fields)
    for name, names in (("this model's questions", asked), ("all questions", tuple(f.name for f in COLUMNS.values()))):
        out[name] = _cross_validated(records, contract, names, parts)
    return out


def _cross_validated(records: tuple[Record, ...], contract: Contract, names: tuple[str, ...], parts: Parts) -> Metrics:
    by_name = {field.name: field for field in COLUMNS.values()}
    fields = [by_name[name] for name in names]
    answers, labels = answer_matrix(records, tuple(fields)), label_indices(records)
    numbers = [i for i, field in enumerate(fields) if field.kind != "choice"]
    choices = [i for i, field in enumerate(fields) if field.kind == "choice"]
    probabilities = np.zeros((len(records), len(contract.labels)))
    thresholds = np.zeros(len(records))
    for train, test in parts:
        model = make_pipeline(
            make_column_transformer(
                (
                    make_pipeline(SimpleImputer(missing_values=-1.0, keep_empty_features=True), StandardScaler()),
                    numbers,
                ),
                (OneHotEncoder(handle_unknown="ignore"), choices),
            ),
            LogisticRegression(C=0.5, max_iter=2000, class_weight="balanced"),
        )
        model.fit(answers[train], labels[train])
        probabilities[np.ix_(test, model.classes_)] = model.predict_proba(answers[test])
        scores = np.zeros((len(train), len(contract.labels)))
        scores[:, model.classes_] = model.predict_proba(answers[train])
        is_malignant = np.isin(labels[train], contract.malignant_indices)
        thresholds[test] = refer_threshold(contract.score(scores), is_malignant, sensitivity=TARGET_SENSITIVITY)
    tested = np.concatenate([test for _, test in parts])
    return measure(
        Predictions.of(
            contract, probabilities[tested], labels[tested], patient_ids(records)[tested], refer_threshold=thresholds[tested]
        )
    )
