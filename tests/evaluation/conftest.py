"""A synthetic data set and made-up answers to it, as five fold models would have given them."""

from __future__ import annotations

import numpy as np
import pytest

from skinedge.contract import Contract, ModelConfig, numbered
from skinedge.datasets.pad_ufes_20 import DataSet, label_indices, read_pad_ufes_20
from skinedge.datasets.splits import FOLDS, grouped_folds
from skinedge.datasets.synthetic import write_synthetic
from skinedge.evaluation.out_of_fold import OutOfFold, fit
from skinedge.evaluation.report import Report, report
from skinedge.evaluation.run_folder import Run
from skinedge.questionnaire import LABELS, MALIGNANT, fields_named
from skinedge.training.recipe import load_recipe


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return read_pad_ufes_20(write_synthetic(tmp_path_factory.mktemp("synthetic") / "data", photos=240, side_px=104))


@pytest.fixture(scope="session")
def untuned(data: DataSet) -> Contract:
    fields = numbered(fields_named(load_recipe("edge").questions))
    return Contract(
        model_name="made-up", labels=LABELS, malignant_labels=MALIGNANT, fields=fields, model=ModelConfig(backbone="tiny"),
        data_sha256=data.sha256(), weights_sha256="0" * 64,
    )  # fmt: skip


@pytest.fixture(scope="session")
def tested(data: DataSet, untuned: Contract) -> OutOfFold:
    """A middling model that is too sure of itself."""
    labels, folds = label_indices(data.with_photos()), grouped_folds(data.with_photos())
    logits = np.random.default_rng(0).normal(scale=3, size=(len(labels), len(LABELS))).astype(np.float32)
    logits[np.arange(len(labels)), labels] += 4
    return OutOfFold.of(untuned, data, [np.flatnonzero(folds == fold) for fold in range(FOLDS)], logits)


@pytest.fixture(scope="session")
def contract(untuned: Contract, tested: OutOfFold) -> Contract:
    return fit(untuned, tested.logits, tested.labels)


@pytest.fixture(scope="session")
def measured(contract: Contract, data: DataSet, tested: OutOfFold) -> Report:
    run = Run(split="grouped", command="skinedge train --made-up", made_with={"skinedge": "0.0.0"})
    return report(contract, load_recipe("edge").model_dump(mode="json"), run, data, tested)
