"""The other cheap backbone through the gates, never trained. `make backbones` exports all of them to every target."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.backbones import CARD, calibrate_untrained, untrained_checkpoint
from skinedge.lowering.export import export
from skinedge.lowering.network import count_weights
from skinedge.lowering.quantization.plan import Quantization
from skinedge.lowering.recipe import load_export_recipe
from skinedge.models.checkpoint import Checkpoint
from skinedge.runtime.bundle import Precision
from skinedge.runtime.verification import verify

BACKBONE = "efficientnet_lite0"


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return untrained_checkpoint(BACKBONE)


@pytest.fixture(scope="module")
def quantization(checkpoint: Checkpoint) -> Quantization:
    return calibrate_untrained(checkpoint)


@pytest.mark.parametrize(("target", "precision"), [("android", "int8"), ("onnx", "fp32")])
def test_efficientnet_lite0_exports_within_limits_of_its_own(
    target: str, precision: Precision, checkpoint: Checkpoint, quantization: Quantization, tmp_path: Path
) -> None:
    recipe = load_export_recipe(target).at(precision)
    exported = export(checkpoint, recipe, tmp_path / "out", quantization=quantization, card=CARD)
    weights = count_weights(checkpoint.net)
    assert weights > 4_000_000 and exported.lowered.size_bytes <= recipe.limits[precision].program_size_bytes(weights)
    (parity,) = exported.comparisons
    assert parity.spread > 0.1 and parity.largest_difference > 0
    assert [check.name for check in verify(tmp_path / "out") if check.status != "ok"] == ["signature"]
