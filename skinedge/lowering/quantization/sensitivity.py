"""MixedPrecision precision: which blocks stay in float, found by trying, so that an int8 program keeps its limits."""

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


def choose(simulator: Simulator, samples: Sequence[Sample], contract: Contract, limits: Limits) -> MixedPrecision:
    """Leaves as few bytes as it can in float.

    Limits that need the truth are left to the gates: on a few photos of a class they hang on single ones.

    All blocks start in int8 with their biases corrected. While that breaks a limit with `MARGIN`, the block with the largest
    quantization error for its size goes to float: the divergence from fp32 where it alone is rounded, by its number of
    weights.
    Backends that round weights alone keep the same blocks in float.

    Raises: LoweringError where no choice keeps the limits.
    """
    blocks = tuple(simulator.block_weights)
    exact = simulator.logits(samples, float_blocks=blocks)
    quantization_error = {}
    for block in track(blocks, "rounding one block at a time"):
        rounded = simulator.logits(samples[:RANKED_ON], float_blocks=set(blocks) - {block})
        quantization_error[block] = divergence(exact[: len(rounded)], rounded, contract.temperature, contract.temperature)
    ranked = sorted(blocks, key=lambda block: quantization_error[block] / simulator.block_weights[block], reverse=True)
    allowed = limits.scaled(MARGIN)
    for count in track(range(len(ranked)), "choosing blocks for float"):
        chosen = tuple(ranked[:count])
        corrections, fitted, rounded = _made_up(simulator, samples, contract, exact, chosen, "all")
        comparison = Comparison(
            contract,
            reference=_probabilities(exact, contract.temperature),
            candidate=_probabilities(rounded, fitted.temperature),
            samples="calibration photos",
            program=fitted.apply(contract),
        )
        parity = comparison.parity().model_copy(update={"decision_agreement": expected_agreement(comparison)})
        if not allowed.broken_by(parity):
            for_weights, fitted_too, _ = _made_up(simulator, samples, contract, exact, chosen, "weights")
            return MixedPrecision(
                tuple(block for block in blocks if block in chosen),
                {"all": corrections, "weights": for_weights},
                {"all": fitted, "weights": fitted_too},
                quantization_error,
            )
    raise LoweringError("no choice of blocks in float keeps the limits of the recipe: export in fp16 or fp32")


def _made_up(
    simulator: Simulator,
    samples: Sequence[Sample],
    contract: Contract,
    exact: NDArray[np.float32],
    float_blocks: tuple[str, ...],
    scheme: Scheme,
) -> tuple[Corrections, Recalibration, NDArray[np.float32]]:
    """What makes up for this rounding, and the logits that are left."""
    corrections = simulator.correct(samples, float_blocks=float_blocks, scheme=scheme)
    rounded = simulator.logits(samples, float_blocks=float_blocks, corrections=corrections, scheme=scheme)
    return corrections, recalibrate(contract, exact, rounded), rounded


def expected_agreement(comparison: Comparison) -> float:
    """The share of other photos that would get the same advice.

    Among some hundred photos the few that lie near the threshold decide what is counted. So every score meets the change
    of every other photo, in log-odds, where changes are about as large for all scores.
    """
    # A score of exactly 0 or 1 has no log-odds.
    exact, rounded = (logit(np.clip(scores.astype(np.float64), 1e-6, 1 - 1e-6)) for scores in comparison.scores)
    threshold, threshold_too = map(logit, comparison.thresholds)
    moved = exact[:, None] + (rounded - exact)[None, :]
    return float(((exact >= threshold)[:, None] == (moved >= threshold_too)).mean())


def _probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    return softmax(logits.astype(np.float64) / temperature, axis=1).astype(np.float32)
