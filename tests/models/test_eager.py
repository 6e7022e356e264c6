"""The eager engine: one photo or many, where it is told to run."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.evaluation.predict import Model, predict
from skinedge.models.eager import EagerEngine
from skinedge.models.inference import InferenceModule
from skinedge.questionnaire import fields_named
from skinedge.runtime.engine import Floats
from tests.models.tiny import contract_of, net_around, tiny_backbone

FEW = fields_named(("age_years", "itch", "region", "gender"))


@pytest.fixture
def module() -> InferenceModule:
    torch.manual_seed(0)
    return InferenceModule(contract_of(FEW), net_around(tiny_backbone(), FEW))


def inputs(contract: Contract, count: int) -> tuple[Floats, Floats]:
    rng, side = np.random.default_rng(0), contract.image.side_px
    photos = rng.integers(0, 256, (count, 3, side, side)).astype(np.float32)
    return photos, rng.integers(-1, 2, (count, len(contract.fields))).astype(np.float32)


def test_a_batch_gives_what_single_photos_give(module: InferenceModule) -> None:
    engine, (photos, answers) = EagerEngine(module), inputs(module.contract, 3)
    together = engine.batch(photos, answers)
    alone = np.stack([engine.probabilities(photos[i : i + 1], answers[i : i + 1]) for i in range(3)])
    assert together.shape == (3, 6) and np.abs(together - alone).max() < 1e-6 < np.ptp(together, axis=0).max()


def test_it_runs_where_it_is_told(module: InferenceModule) -> None:
    EagerEngine(module, device="meta")  # the one other device that every machine has
    assert module.normalize.mean.device.type == "meta"


def test_records_in_batches_get_the_same(module: InferenceModule, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = write_synthetic(tmp_path_factory.mktemp("data") / "lesions", photos=7, side_px=104)
    records = read_pad_ufes_20(folder).with_photos()
    model = Model(EagerEngine(module), module.contract)
    one, four = predict(model, records), predict(model, records, batch_size=4)
    assert one.shape == four.shape == (7, 6) and np.abs(one - four).max() < 1e-6
