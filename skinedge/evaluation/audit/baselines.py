"""Baselines that a model has to beat: the answers alone, and simple statistics of the photo alone."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skinedge.contract import Contract, numbered
from skinedge.datasets.pad_ufes_20 import Record, label_indices, patient_ids
from skinedge.evaluation.audit.image_statistics import ImageStatistics
from skinedge.evaluation.audit.report import Baseline
from skinedge.evaluation.baseline import Parts, answers_only
from skinedge.evaluation.metrics import Metrics, Predictions, measure
from skinedge.questionnaire import ALWAYS_ASKED, LABELS, MALIGNANT, fields_named

PHOTO_STATISTICS = "photo statistics alone (55 colours and grain)"


def baselines(
    records: tuple[Record, ...], statistics: ImageStatistics, parts: Parts, *, protocol: str
) -> tuple[Baseline, ...]:
    """Logistic regression on the questions put to everyone, on all questions, and on `photo_statistics`.

    It uses no features of a trained backbone: a backbone that was trained on these photos has learnt their labels.

    Args:
        parts: (training, test) indices in `records`, none of them empty.
    """
    contract = Contract(
        model_name="baseline",
        labels=LABELS,
        malignant_labels=MALIGNANT,
        fields=numbered(fields_named(ALWAYS_ASKED)),
    )
    answers = answers_only(records, contract, parts)
    found = {
        f"answers alone, the {len(ALWAYS_ASKED)} questions put to everyone": answers["this model's questions"],
        "answers alone, all questions and which are missing": answers["all questions"],
        PHOTO_STATISTICS: _photo_statistics(records, statistics, contract, parts),
    }
    return tuple(
        Baseline(
            name=name,
            protocol=protocol,
            photos=metrics.n,
            bacc=metrics.bacc,
            auc=metrics.auc,
            malignancy_auc=metrics.malignancy_auc,
        )
        for name, metrics in found.items()
    )


def _photo_statistics(records: tuple[Record, ...], statistics: ImageStatistics, contract: Contract, parts: Parts) -> Metrics:
    labels = label_indices(records)
    probabilities = np.zeros((len(records), len(LABELS)))
    for train, test in parts:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced"))
        model.fit(statistics.statistics[train], labels[train])
        probabilities[np.ix_(test, model.classes_)] = model.predict_proba(statistics.statistics[test])
    tested = np.concatenate([test for _, test in parts])
    return measure(Predictions.of(contract, probabilities[tested], labels[tested], patient_ids(records)[tested]))
