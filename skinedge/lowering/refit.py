"""Temperature and refer threshold of an int8 network, fitted to what fp32 says and not to the truth.

Training has seen the photos that a network is calibrated on, so that fitting to their labels would make it believe too
much in itself. What fp32 says of them was tempered on photos that it had not seen.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from skinedge.contract import Contract
from skinedge.evaluation.calibration import HIGHEST_TEMPERATURE, LOWEST_TEMPERATURE
from skinedge.lowering.quantization import Refit


def divergence(exact: NDArray[np.floating], rounded: NDArray[np.floating], temperature: float, other: float) -> float:
    """Mean Kullback-Leibler divergence in nats of (N, L) logits, each at its own temperature, from the exact ones."""
    target = log_softmax(exact.astype(np.float64) / temperature, axis=1)
    found = log_softmax(rounded.astype(np.float64) / other, axis=1)
    return float((np.exp(target) * (target - found)).sum(axis=1).mean())


def refit(contract: Contract, exact: NDArray[np.floating], rounded: NDArray[np.floating]) -> Refit:
    """Fits both numbers to (N, L) logits of fp32 and int8 on the same photos.

    The temperature is that of the least divergence. The threshold is the one, among those that change the advice on the
    fewest photos, that is nearest to that of fp32.
    """

    def loss(log_temperature: float) -> float:
        return divergence(exact, rounded, contract.temperature, math.exp(log_temperature))

    bounds = (math.log(LOWEST_TEMPERATURE), math.log(HIGHEST_TEMPERATURE))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    temperature = math.exp(float(found.x))

    malignant, threshold = contract.malignant_positions, contract.refer.value
    referred = softmax(exact.astype(np.float64) / contract.temperature, axis=1)[:, malignant].sum(axis=1) >= threshold
    scores = softmax(rounded.astype(np.float64) / temperature, axis=1)[:, malignant].sum(axis=1)
    ordered = np.unique(scores)
    middles = (ordered[1:] + ordered[:-1]) / 2
    changed = {float(t): int(((scores >= t) != referred).sum()) for t in (threshold, *middles)}
    best = min(changed, key=lambda t: (changed[t], abs(t - threshold)))
    return Refit(
        temperature=temperature,
        refer_threshold=best,
        said=(
            f"in int8 temperature {temperature:.4f} and threshold {best:.4f}, matched to {contract.temperature:.4f} and "
            f"{threshold:.4f} in fp32 on {len(scores)} calibration photos by least divergence and fewest changes of advice "
            f"({changed[best]})"
        ),
    )
