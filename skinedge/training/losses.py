"""The losses of classification (the paper's equation 3) and of imputation."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F


def class_weights(labels: NDArray[np.int64], classes: int, power: float = 1.0) -> Tensor:
    """(L,) weights inversely proportional to the samples of each class, with mean weight 1 over the samples.

    A lower `power` brings them nearer to 1, which they all are at 0. A class without samples gets weight 0.
    """
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    present = counts > 0
    weights = np.zeros(classes)
    weights[present] = (len(labels) / (present.sum() * counts[present])) ** power
    return torch.tensor(weights, dtype=torch.float32)


def weighted_cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Equation 3, averaged over the batch: -sum_i (w_i y_i log p_i + (1 - y_i) log(1 - p_i)), p the softmax.

    Takes (B, L) logits, (B,) labels and (L,) weights.
    """
    log_p = F.log_softmax(logits, dim=1)
    # log(1 - p_i) is the log of the sum of the other classes' shares; this form does not round to log(0).
    others = logits.unsqueeze(1).expand(-1, logits.shape[1], -1)
    itself = torch.eye(logits.shape[1], dtype=torch.bool, device=logits.device)
    log_not_p = others.masked_fill(itself, -torch.inf).logsumexp(dim=2) - logits.logsumexp(dim=1, keepdim=True)
    truth = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return -(weights * truth * log_p + (1 - truth) * log_not_p).sum(dim=1).mean()


def imputation_loss(guess: Tensor, encoded: Tensor, masked: Tensor, kinds: list[tuple[str, slice]]) -> Tensor:
    """The imputer's loss on masked answers: cross entropy for choices and yes or no, squared error for numbers.

    Takes (B, width) guesses, encoded answers, and a mask that is 1 where a recorded answer was masked.
    """
    per_slot = (guess - encoded) ** 2
    log_guess = guess.clamp_min(1e-6).log()
    log_not = (1 - guess).clamp_min(1e-6).log()
    for kind, slot in kinds:
        if kind == "choice":
            per_slot[:, slot] = -encoded[:, slot] * log_guess[:, slot]
        elif kind == "yes_no":
            per_slot[:, slot] = -(encoded[:, slot] * log_guess[:, slot] + (1 - encoded[:, slot]) * log_not[:, slot])
    return (per_slot * masked).sum() / masked.sum().clamp_min(1)
