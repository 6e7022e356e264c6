"""Temperature and thresholds of an int8 network, fitted to what fp32 predicts and not to the truth.

Training has seen the photos that a network is calibrated on, so that fitting to their labels would make it believe too
much in itself. What fp32 predicts for them was tempered on photos that it had not seen.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from skinedge.contract import Contract
from skinedge.evaluation.calibration import HIGHEST_TEMPERATURE, LOWEST_TEMPERATURE
from skinedge.lowering.quantization.plan import Recalibration


def divergence(exact: NDArray[np.floating], quantized: NDArray[np.floating], temperature: float, other: float) -> float:
    """Mean Kullback-Leibler divergence in nats of (N, L) logits, each at its own temperature, from the exact ones."""
    target = log_softmax(exact.astype(np.float64) / temperature, axis=1)
    found = log_softmax(quantized.astype(np.float64) / other, axis=1)
    return float((np.exp(target) * (target - found)).sum(axis=1).mean())


def recalibrate(
    contract: Contract, exact: NDArray[np.floating], quantized: NDArray[np.floating], *, samples: str = "calibration photos"
) -> Recalibration:
    """Temperature and thresholds fitted to (N, L) logits of fp32 and int8 on the same `samples`, in words.

    The temperature is that of the least divergence. A threshold is the one, among those that change the fewest
    decisions, that is nearest to that of fp32.
    """

    def loss(log_temperature: float) -> float:
        return divergence(exact, quantized, contract.temperature, math.exp(log_temperature))

    bounds = (math.log(LOWEST_TEMPERATURE), math.log(HIGHEST_TEMPERATURE))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    temperature, threshold = math.exp(float(found.x)), contract.refer.value

    scores = _scores(contract, exact, contract.temperature), _scores(contract, quantized, temperature)
    refer, changed = _match_threshold(threshold, *scores)
    watch = None if contract.watch_below is None else min(_match_threshold(contract.watch_below.value, *scores)[0], refer)
    return Recalibration(
        temperature=temperature,
        refer_threshold=refer,
        watch_below=watch,
        chosen_on=(
            f"in int8 temperature {temperature:.4f} and threshold {refer:.4f}, matched to {contract.temperature:.4f} and "
            f"{threshold:.4f} in fp32 on {len(exact)} {samples} by least divergence and fewest changes of advice "
            f"({changed})"
        ),
    )


def _scores(contract: Contract, logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    return contract.score(softmax(logits.astype(np.float64) / temperature, axis=1))


def _match_threshold(threshold: float, exact: NDArray[np.float64], quantized: NDArray[np.float64]) -> tuple[float, int]:
    """The threshold of int8, and how many decisions change all the same."""
    above, ordered = exact >= threshold, np.unique(quantized)
    middles = (ordered[1:] + ordered[:-1]) / 2
    changed = {float(t): int(((quantized >= t) != above).sum()) for t in (threshold, *middles)}
    best = min(changed, key=lambda t: (changed[t], abs(t - threshold)))
    return best, changed[best]
