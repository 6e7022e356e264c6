"""How far an exported program is from the fp32 model, in numbers and in decisions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skinedge.contract import Contract, Frozen
from skinedge.errors import LoweringError

DRAWN = "drawn lesions"
"""What `Parity.samples` says of inputs without any patient."""


class Parity(Frozen):
    """A program against the fp32 model on the same `n` inputs."""

    samples: str
    n: int
    largest_difference: float
    mean_difference: float
    refer_agreement: float
    label_agreement: float
    bacc_change: float | None
    """Balanced accuracy of the program less that of fp32; None where the truth is not known."""
    spread: float
    """Standard deviation of the fp32 malignancy score over the inputs: near zero, agreement would prove nothing."""


def compare(
    contract: Contract,
    reference: NDArray[np.float32],
    candidate: NDArray[np.float32],
    *,
    samples: str,
    labels: NDArray[np.int64] | None = None,
) -> Parity:
    """Compares (N, L) probabilities of the fp32 model and of a program.

    Raises: LoweringError where the fp32 model answers everything alike, so that nothing could be proven.
    """
    malignant = contract.malignant_positions
    score, other = reference[:, malignant].sum(axis=1), candidate[:, malignant].sum(axis=1)
    spread = float(score.std())
    if spread < 0.01:
        raise LoweringError(
            f"the fp32 model gives {len(score)} different inputs nearly the same score (spread {spread:.4f}): "
            "a comparison proves nothing; train the model first"
        )
    difference = np.abs(reference - candidate)
    return Parity(
        samples=samples,
        n=len(score),
        largest_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        refer_agreement=float(((score >= contract.refer.value) == (other >= contract.refer.value)).mean()),
        label_agreement=float((reference.argmax(axis=1) == candidate.argmax(axis=1)).mean()),
        bacc_change=None if labels is None else _bacc(candidate, labels) - _bacc(reference, labels),
        spread=spread,
    )


def _bacc(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    right = probabilities.argmax(axis=1) == labels
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))
