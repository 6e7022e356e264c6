"""Masks answers in training, so that missing answers say nothing about the class.

In PAD-UFES-20 whether a question was answered depends on the class, because only biopsied lesions got the long form.
Masking gives every class the same rate of missing answers, for each group of questions that are missing together and for
each question within it, so that a network gains nothing from knowing what was missing.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinedge.contract import MISSING
from skinedge.training.recipe import AnswerDropoutSettings


class AnswerDropout:
    """Masks answers at random, with probabilities by class that it learns from the training answers."""

    def __init__(
        self, answers: NDArray[np.float32], labels: NDArray[np.int64], classes: int, settings: AnswerDropoutSettings
    ) -> None:
        missing = answers < 0
        self.settings = settings
        self.groups = missing_together(missing)
        group_missing = np.stack([missing[:, group].all(axis=1) for group in self.groups], axis=1)
        self.group_probability = _equalizing(
            group_missing, np.ones_like(group_missing), labels, classes, settings.minimum_rate
        )
        group_observed = np.ones_like(missing)
        for position, group in enumerate(self.groups):
            group_observed[:, group] = ~group_missing[:, [position]]
        self.field_probability = _equalizing(missing, group_observed, labels, classes, 0.0)
        if not settings.equalize:
            # Some answers must be masked all the same: the imputer learns from nothing else.
            self.group_probability = torch.full_like(self.group_probability, settings.minimum_rate)
            self.field_probability = torch.zeros_like(self.field_probability)

    def __call__(self, answers: Tensor, labels: Tensor) -> Tensor:
        """(B, F) raw answers and (B,) labels to the answers, some more of which are missing."""
        mask = torch.rand(answers.shape, device=answers.device) < self.field_probability.to(answers.device)[labels]
        groups = torch.rand(len(answers), len(self.groups), device=answers.device)
        whole = groups < self.group_probability.to(answers.device)[labels]
        for position, group in enumerate(self.groups):
            mask[:, group] |= whole[:, position : position + 1]
        mask |= torch.rand(len(answers), 1, device=answers.device) < self.settings.whole_form_rate
        return answers.masked_fill(mask, MISSING)


def missing_together(missing: NDArray[np.bool_]) -> list[list[int]]:
    """Groups of columns of an (N, F) mask whose missing answers mostly coincide (correlation above one half)."""
    count = missing.shape[1]
    spread = missing.std(axis=0) > 0
    linked = np.eye(count, dtype=bool)
    if spread.any():
        with np.errstate(invalid="ignore", divide="ignore"):
            linked |= np.nan_to_num(np.corrcoef(missing, rowvar=False)) > 0.5
    groups: list[list[int]] = []
    left = set(range(count))
    while left:
        group, edge = set[int](), {min(left)}
        while edge:
            group |= edge
            edge = {int(j) for i in edge for j in np.flatnonzero(linked[i])} - group
        groups.append(sorted(group))
        left -= group
    return groups


def _equalizing(
    missing: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    labels: NDArray[np.int64],
    classes: int,
    minimum_rate: float,
) -> Tensor:
    """(L, columns) probabilities of masking an answer, so that every class reaches the highest rate of any class."""
    rates = np.zeros((classes, missing.shape[1]))
    for label in range(classes):
        of_label = labels == label
        seen = counted[of_label].sum(axis=0)
        rates[label] = (missing & counted)[of_label].sum(axis=0) / np.maximum(seen, 1)
    goal = np.clip(rates.max(axis=0), minimum_rate, 0.95)
    probability = np.clip((goal - rates) / np.maximum(1 - rates, 1e-9), 0, 1)
    return torch.tensor(probability, dtype=torch.float32)
