"""Every precision of the iOS export on 200 real photos, by the reference evaluator: `make parity-targets`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.datasets.pad_ufes_20 import Record, label_indices, read_pad_ufes_20
from skinedge.evaluation.predict import Model, predict
from skinedge.lowering.backends import coreml
from skinedge.lowering.backends.coreml import BACKEND
from skinedge.lowering.network import prepare_module
from skinedge.lowering.parity.comparison import Comparison
from skinedge.lowering.precision import decide_precision
from skinedge.lowering.quantization.calibration import stratified
from skinedge.lowering.quantization.plan import load_quantization
from skinedge.models.checkpoint import Checkpoint, load_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.models.inference import example_inputs
from skinedge.runtime.bundle import Precision
from tests.lowering.bare import Bare

pytestmark = pytest.mark.parity_targets


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return load_checkpoint(DEFAULT_CHECKPOINT)


@pytest.fixture(scope="module")
def records(real_data: Path) -> tuple[Record, ...]:
    return stratified(read_pad_ufes_20(real_data).with_photos(), 200)


@pytest.fixture(scope="module")
def reference(checkpoint: Checkpoint, records: tuple[Record, ...]) -> NDArray[np.float32]:
    return predict(Model(EagerEngine(checkpoint), checkpoint.contract), records)


@pytest.mark.parametrize(
    ("precision", "largest", "refer", "label", "bacc"),
    [("fp32", 1e-3, 1.0, 1.0, 0.0), ("fp16", 1e-2, 0.99, 0.99, 0.005), ("int8", 0.05, 0.99, 0.97, 0.005)],
)
def test_a_package_decides_like_fp32(
    precision: Precision,
    largest: float,
    refer: float,
    label: float,
    bacc: float,
    checkpoint: Checkpoint,
    records: tuple[Record, ...],
    reference: NDArray[np.float32],
) -> None:
    quantization = load_quantization(DEFAULT_CHECKPOINT, checkpoint.contract)
    assert quantization is not None
    decided = decide_precision(BACKEND, precision, quantization)
    module = prepare_module(checkpoint, decided, quantizes_weights_itself=True)
    contract, lowered = module.contract, coreml.lower(module, example_inputs(checkpoint.contract), decided)
    labels = label_indices(records)
    found = predict(Model(Bare(lowered), contract), records)
    parity = Comparison(contract, reference, found, "photos", labels).parity()
    print(precision, f"{lowered.size_bytes:,} bytes", parity.model_dump_json())
    assert parity.n == 200 and parity.spread > 0.2
    assert parity.largest_difference <= largest
    assert parity.decision_agreement >= refer and parity.top1_agreement >= label
    assert parity.bacc_change is not None and abs(parity.bacc_change) <= bacc
    melanoma = labels == contract.labels.index("MEL")
    referred = [
        int((rows[melanoma][:, contract.malignant_indices].sum(axis=1) >= contract.refer.value).sum())
        for rows in (reference, found)
    ]
    assert referred[1] >= referred[0], f"of {melanoma.sum()} melanomas {referred} are referred"
