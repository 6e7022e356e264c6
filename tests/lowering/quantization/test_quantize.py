"""int8 of a tiny network: what is simulated is what is made, and corrections and floats do what they are for."""

from __future__ import annotations

import math
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from skinedge.errors import LoweringError
from skinedge.lowering.quantization.bias_correction import correct_biases, corrected
from skinedge.lowering.quantization.calibration import in_batches
from skinedge.lowering.quantization.layer_errors import layer_errors
from skinedge.lowering.quantization.network_graph import observed_tensors
from skinedge.lowering.quantization.observers import SMALLEST_WEIGHT_SCALE, insert_observers, measure_ranges, set_ranges
from skinedge.lowering.quantization.plan import (
    CORRECTIONS_FILE,
    QUANTIZATION_FILE,
    Corrections,
    Ranges,
    Scheme,
    load_quantization,
    save_quantization,
)
from skinedge.lowering.quantization.quantize import quantize
from skinedge.lowering.quantization.simulator import Simulator
from tests import fakes
from tests.lowering.tiny import TinyNet, quantization, samples

SAMPLES = in_batches(samples(12), 6)
WIDE = "image_encoder.features.1"


@pytest.fixture(scope="module")
def net() -> TinyNet:
    return TinyNet()


@pytest.fixture(scope="module")
def observed(net: TinyNet) -> torch.nn.Module:
    return insert_observers(net, SAMPLES[0])


@pytest.fixture(scope="module")
def measured(observed: torch.nn.Module) -> Ranges:
    return measure_ranges(observed, SAMPLES)


@pytest.fixture(scope="module")
def ranges(measured: Ranges) -> Ranges:
    """Too narrow, so that much is cut off and there is a bias to correct."""
    return {name: (low * 0.8, high * 0.8) for name, (low, high) in measured.items()}


@pytest.fixture(scope="module")
def simulator(net: TinyNet, ranges: Ranges) -> Simulator:
    return Simulator(insert_observers(net, SAMPLES[0]), ranges, SAMPLES[0])


@pytest.fixture(scope="module")
def corrections(simulator: Simulator) -> Corrections:
    return correct_biases(simulator, SAMPLES)


def run(network: torch.nn.Module) -> np.ndarray:
    with torch.no_grad():
        return np.concatenate([network(*sample).numpy() for sample in SAMPLES])


def rms(difference: np.ndarray) -> float:
    return float(np.sqrt(np.mean(difference**2)))


def test_blocks_and_layers_have_the_names_of_the_network(simulator: Simulator) -> None:
    assert dict(simulator.block_weights) == {
        "image_encoder.features.0": 8 * 27,
        WIDE: 8 * 9 + 6 * 8,
        "image_encoder.adapt": 48,
        "clinical": 32 + 64,
        "classifier": 64 + 32,
    }
    assert [layer.name for layer in simulator.layers][:3] == [
        "image_encoder.features.0.0",
        "image_encoder.features.1.0",
        "image_encoder.features.1.2",
    ]


def test_a_simulation_with_everything_in_float_is_the_network(net: TinyNet, simulator: Simulator) -> None:
    np.testing.assert_allclose(simulator.logits(SAMPLES, float_blocks=simulator.block_weights), run(net), atol=1e-5)


def test_a_simulation_gives_what_the_int8_network_gives(net: TinyNet, ranges: Ranges, simulator: Simulator) -> None:
    floats = ("image_encoder.features.0", "clinical")
    corrections = correct_biases(simulator, SAMPLES, float_blocks=floats)
    made = run(quantize(net, SAMPLES[0], quantization(ranges, float_blocks=floats, corrections=corrections)))
    simulated = simulator.logits(SAMPLES, float_blocks=floats, corrections=corrections)
    lost = rms(made - run(net))
    assert lost > 1e-3, "a network that loses nothing proves nothing"
    assert rms(made - simulated) < 0.1 * lost


def test_corrected_biases_bring_the_mean_of_every_layer_back(
    net: TinyNet, simulator: Simulator, corrections: Corrections
) -> None:
    exact, plain = run(net), simulator.logits(SAMPLES)
    simulated = simulator.logits(SAMPLES, corrections=corrections)
    assert corrections.keys() == {layer.name for layer in simulator.layers}
    assert np.abs((simulated - exact).mean(axis=0)).max() < 0.5 * np.abs((plain - exact).mean(axis=0)).max()
    fresh = in_batches(samples(12, seed=1), 6)
    with torch.no_grad():
        truth = np.concatenate([net(*sample).numpy() for sample in fresh])
    assert rms(simulator.logits(fresh, corrections=corrections) - truth) < rms(simulator.logits(fresh) - truth)


def test_weights_alone_leave_other_errors_and_are_made_up_for_by_themselves(
    net: TinyNet, simulator: Simulator, corrections: Corrections
) -> None:
    exact = run(net)
    alone = correct_biases(simulator, SAMPLES, scheme="weights")
    assert alone.keys() == corrections.keys()
    plain = simulator.logits(SAMPLES, scheme="weights")
    assert 1e-4 < rms(plain - exact) < 0.5 * rms(simulator.logits(SAMPLES) - exact)
    own, foreign = (simulator.logits(SAMPLES, corrections=some, scheme="weights") for some in (alone, corrections))
    assert rms(own - exact) < rms(plain - exact) < rms(foreign - exact)


def test_layers_are_ranked_and_those_in_float_lose_nothing_of_their_own(
    simulator: Simulator, corrections: Corrections
) -> None:
    found = layer_errors(simulator, SAMPLES, corrections=corrections)
    assert [error.sqnr_db for error in found] == sorted(error.sqnr_db for error in found)
    assert {error.layer for error in found} == {layer.name for layer in simulator.layers}
    assert all(0.8 < error.cosine <= 1.0 + 1e-9 and 5 < error.sqnr_db < 80 for error in found)
    exact = layer_errors(simulator, SAMPLES, float_blocks=simulator.block_weights)
    assert all(error.sqnr_db == 120 for error in exact)


def test_ranges_end_where_relu6_cuts_off(measured: Ranges) -> None:
    assert measured["image_encoder.conv2d"][0] == 0.0 and measured["image_encoder.conv2d"][1] <= 6.0
    assert measured["image_encoder.hardtanh"] == measured["image_encoder.conv2d"]


def test_small_weights_keep_their_levels(observed: torch.nn.Module, ranges: Ranges) -> None:
    scales = torch.cat([tensor.observer.calculate_qparams()[0] for tensor in observed_tensors(observed) if tensor.is_weight])
    assert SMALLEST_WEIGHT_SCALE <= float(scales.min()) < 2.0**-12


def test_what_was_found_comes_back_from_the_checkpoint(tmp_path: Path, ranges: Ranges, corrections: Corrections) -> None:
    contract = fakes.contract().model_copy(update={"weights_sha256": "ab" * 32})
    assert load_quantization(tmp_path, contract) is None
    saved = quantization(ranges, float_blocks=(WIDE,), corrections=corrections)
    save_quantization(tmp_path, saved)
    loaded = load_quantization(tmp_path, contract)
    assert loaded is not None and loaded.plan == saved.plan
    for scheme in get_args(Scheme):
        kept = loaded.corrections[scheme]
        assert kept.keys() == corrections.keys() and all(torch.equal(kept[name], corrections[name]) for name in corrections)
    recalibrated = loaded.plan.recalibrations["all"].apply(contract)
    assert (recalibrated.temperature, recalibrated.refer.value) == (1.5, 0.4) and "a test" in recalibrated.refer.chosen_on


def test_what_is_damaged_or_of_another_network_is_refused(
    observed: torch.nn.Module, tmp_path: Path, ranges: Ranges, corrections: Corrections
) -> None:
    contract = fakes.contract().model_copy(update={"weights_sha256": "ab" * 32})
    save_quantization(tmp_path, quantization(ranges, corrections=corrections))
    with pytest.raises(LoweringError, match="another network"):
        load_quantization(tmp_path, fakes.contract())
    with pytest.raises(LoweringError, match="another network"):
        set_ranges(observed, {"image_encoder.conv2d": (0.0, 6.0)})
    other = quantization(ranges, corrections={"classifier.0": torch.zeros(8)})
    save_quantization(tmp_path / "..", other)  # beside it, to take its corrections from
    (tmp_path / CORRECTIONS_FILE).write_bytes((tmp_path.parent / CORRECTIONS_FILE).read_bytes())
    with pytest.raises(LoweringError, match="does not belong"):
        load_quantization(tmp_path, contract)
    (tmp_path / CORRECTIONS_FILE).write_bytes(b"{}")
    with pytest.raises(LoweringError, match="damaged"):
        load_quantization(tmp_path, contract)
    (tmp_path / CORRECTIONS_FILE).unlink()
    with pytest.raises(LoweringError, match="lacks"):
        load_quantization(tmp_path, contract)
    (tmp_path / QUANTIZATION_FILE).write_text("{}")
    with pytest.raises(LoweringError, match="damaged"):
        load_quantization(tmp_path, contract)


def test_blocks_that_lose_much_can_stay_in_float_too(ranges: Ranges) -> None:
    found = quantization(ranges, float_blocks=("image_encoder.features.0",)).plan
    assert found.blocks_in_float(math.inf) == ("image_encoder.features.0",)
    assert found.blocks_in_float(1.5e-3) == ("image_encoder.features.0", WIDE)


def test_a_corrected_network_is_float_and_moves_by_its_corrections_only(
    net: TinyNet, ranges: Ranges, corrections: Corrections
) -> None:
    exact = run(net)
    np.testing.assert_allclose(run(corrected(net, SAMPLES[0], quantization(ranges))), exact, atol=1e-5)
    moved = run(corrected(net, SAMPLES[0], quantization(ranges, corrections=corrections)))
    assert rms(moved - exact) > 1e-3
