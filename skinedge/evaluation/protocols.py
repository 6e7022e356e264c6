"""`skinedge evaluate`: tests a model on a split, and says whether it may have been trained on the same photos."""

from __future__ import annotations

import numpy as np

from skinedge.datasets.pad_ufes_20 import DataSet, label_indices, patient_ids
from skinedge.datasets.splits import FOLDS, SplitName, grouped_folds, pundhir2022_parts
from skinedge.errors import ConfigError
from skinedge.evaluation.metrics import Metrics, Predictions, measure
from skinedge.evaluation.predict import Model, predict

BATCH = 16
"""Photos that pass together in torch: faster than one by one, and the same but for the last bits."""


class Evaluation(Metrics):
    """Metrics with their protocol beside them."""

    model_name: str
    split: str
    seen_in_training: bool
    """Whether the model was trained on this data set: if so, the figures say nothing about new patients."""


def evaluate(models: tuple[Model, ...], data: DataSet, split: SplitName) -> Evaluation:
    """Measures a model on the photos of a split.

    `all` takes every photo, and `pundhir2022` the test part of that split. `grouped` takes every photo: where `models` holds
    the five fold models of a training run, each predicts the patients that it never saw, also where others were withdrawn
    since; otherwise the one model does.

    Raises:
        ConfigError: five fold models are given for a split that is not `grouped`, or for other data.
        DataError: they are asked about patients whom their run does not know.
    """
    records = data.with_photos()
    seen = models[0].was_trained_on(data)
    if split == "pundhir2022":
        test = pundhir2022_parts(data, records) == "test"
        records = tuple(record for record, wanted in zip(records, test, strict=True) if wanted)
    contract = models[0].contract
    thresholds = np.full(len(records), contract.refer.value)
    if len(models) == 1:
        probabilities = predict(models[0], records, batch_size=BATCH)
    else:
        if split != "grouped" or len(models) != FOLDS or not seen:
            raise ConfigError(
                f"got the {len(models)} fold models of a training run: they can only be asked with --split grouped about "
                "the data they were made from; give a checkpoint or bundle for anything else"
            )
        inputs = models[0].inputs
        # A run of an earlier version kept no folds, but was asked about exactly its own data.
        folds = grouped_folds(records) if inputs is None else inputs.folds_of(records)
        probabilities = np.zeros((len(records), len(contract.labels)), dtype=np.float32)
        for fold, model in enumerate(models):
            test = np.flatnonzero(folds == fold)
            probabilities[test] = predict(model, tuple(records[i] for i in test), what=f"fold {fold}", batch_size=BATCH)
            thresholds[test] = model.contract.refer.value
        seen = False
    metrics = measure(
        Predictions.of(contract, probabilities, label_indices(records), patient_ids(records), refer_threshold=thresholds)
    )
    return Evaluation(**dict(metrics), model_name=contract.model_name, split=split, seen_in_training=seen)
