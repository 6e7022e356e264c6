"""Mixed precision: which blocks stay in float, found by trying, so that an int8 program keeps its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, softmax

from skinedge.contract import Contract
from skinedge.errors import LoweringError
from skinedge.lowering.gates import Limits
from skinedge.lowering.parity.comparison import Comparison
from skinedge.lowering.quantization.bias_correction import correct_biases
from skinedge.lowering.quantization.observers import Sample
from skinedge.lowering.quantization.plan import Corrections, Recalibration, Scheme
from skinedge.lowering.quantization.recalibration import divergence, recalibrate
from skinedge.lowering.quantization.simulator import Simulator
from skinedge.progress import track

RANKED_ON = 2
"""Samples that blocks are ranked on; all of them judge the result."""

MARGIN = 0.5
"""Share of each allowance that a choice may use up on the samples that it was made on; others will do worse."""


@dataclass(frozen=True)
class MixedPrecision:
    """A choice that keeps the limits, and why these blocks."""

    float_blocks: tuple[str, ...]
    corrections: Mapping[Scheme, Corrections]
    recalibrations: Mapping[Scheme, Recalibration]
    quantization_error: Mapping[str, float]


def choose_float_blocks(
    simulator: Simulator,
    samples: Sequence[Sample],
    contract: Contract,
    limits: Limits,
    *,
    described_as: str = "calibration photos",
) -> MixedPrecision:
    """Leaves as few bytes as it can in float.

    Limits that need the truth are left to the gates: on a few photos of a class they hang on single ones.

    All blocks start in int8 with their biases corrected. While that breaks a limit with `MARGIN`, the block with the largest
    quantization error for its size goes to float: the divergence from fp32 where it alone is in int8, by its number of
    weights. Backends that quantize weights alone keep the same blocks in float.

    Args:
        described_as: what the samples are, in words.

    Raises: LoweringError where no choice keeps the limits.
    """
    blocks = tuple(simulator.block_weights)
    exact = simulator.logits(samples, float_blocks=blocks)
    quantization_error = {}
    for block in track(blocks, "int8 in one block at a time"):
        quantized = simulator.logits(samples[:RANKED_ON], float_blocks=set(blocks) - {block})
        quantization_error[block] = divergence(
            exact[: len(quantized)], quantized, contract.temperature, contract.temperature
        )
    ranked = sorted(blocks, key=lambda block: quantization_error[block] / simulator.block_weights[block], reverse=True)
    allowed = limits.scaled(MARGIN)
    for count in track(range(len(ranked)), "choosing blocks for float"):
        chosen = tuple(ranked[:count])
        corrections, fitted, quantized = _compensate(simulator, samples, contract, exact, chosen, "all", described_as)
        comparison = Comparison(
            contract,
            reference=_probabilities(exact, contract.temperature),
            candidate=_probabilities(quantized, fitted.temperature),
            samples=described_as,
            program=fitted.apply(contract),
        )
        parity = comparison.parity().model_copy(update={"decision_agreement": expected_agreement(comparison)})
        if not allowed.broken_by(parity):
            corrections_for_weights, fitted_for_weights, _ = _compensate(
                simulator, samples, contract, exact, chosen, "weights", described_as
            )
            return MixedPrecision(
                tuple(block for block in blocks if block in chosen),
                {"all": corrections, "weights": corrections_for_weights},
                {"all": fitted, "weights": fitted_for_weights},
                quantization_error,
            )
    raise LoweringError("no choice of blocks in float keeps the limits of the recipe: export in fp16 or fp32")


def _compensate(
    simulator: Simulator,
    samples: Sequence[Sample],
    contract: Contract,
    exact: NDArray[np.float32],
    float_blocks: tuple[str, ...],
    scheme: Scheme,
    described_as: str,
) -> tuple[Corrections, Recalibration, NDArray[np.float32]]:
    """Corrections and recalibration for this choice, and the logits that are left."""
    corrections = correct_biases(simulator, samples, float_blocks=float_blocks, scheme=scheme)
    quantized = simulator.logits(samples, float_blocks=float_blocks, corrections=corrections, scheme=scheme)
    return corrections, recalibrate(contract, exact, quantized, samples=described_as), quantized


def expected_agreement(comparison: Comparison) -> float:
    """The share of other photos that would get the same advice.

    Among some hundred photos the few that lie near the threshold decide what is counted. So every score meets the change
    of every other photo, in log-odds, where changes are about as large for all scores.
    """
    # A score of exactly 0 or 1 has no log-odds.
    exact, quantized = (logit(np.clip(scores.astype(np.float64), 1e-6, 1 - 1e-6)) for scores in comparison.scores)
    threshold, quantized_threshold = map(logit, comparison.thresholds)
    moved = exact[:, None] + (quantized - exact)[None, :]
    return float(((exact >= threshold)[:, None] == (moved >= quantized_threshold)).mean())


def _probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    return softmax(logits.astype(np.float64) / temperature, axis=1).astype(np.float32)
