"""Takes answers away in training so that what is missing tells nothing about the class.

In PAD-UFES-20 whether a question was answered depends on the class, because only biopsied lesions got the long form.
Here every class ends up with the same rate of blanks, for each group of questions that are blank together and for each
question within it, so that a network cannot gain anything from knowing what was blank.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinedge.contract import MISSING
from skinedge.training.recipe import AnswerDropoutSettings


class AnswerDropout:
    """Chances of taking an answer away, by class, learnt from the training answers."""

    def __init__(
        self, answers: NDArray[np.float32], labels: NDArray[np.int64], classes: int, settings: AnswerDropoutSettings
    ) -> None:
        blank = answers < 0
        self.settings = settings
        self.groups = together_blank(blank)
        group_blank = np.stack([blank[:, group].all(axis=1) for group in self.groups], axis=1)
        self.group_chance = _equalizing(group_blank, np.ones_like(group_blank), labels, classes, settings.minimum_rate)
        shown = np.ones_like(blank)
        for position, group in enumerate(self.groups):
            shown[:, group] = ~group_blank[:, [position]]
        self.field_chance = _equalizing(blank, shown, labels, classes, 0.0)
        if not settings.equalize:
            # Something has to be taken away all the same: the imputer learns from nothing else.
            self.group_chance = torch.full_like(self.group_chance, settings.minimum_rate)
            self.field_chance = torch.zeros_like(self.field_chance)

    def __call__(self, answers: Tensor, labels: Tensor) -> Tensor:
        """(B, F) raw answers and (B,) labels to the answers with some more blanks."""
        take = torch.rand(answers.shape, device=answers.device) < self.field_chance.to(answers.device)[labels]
        groups = torch.rand(len(answers), len(self.groups), device=answers.device)
        whole = groups < self.group_chance.to(answers.device)[labels]
        for position, group in enumerate(self.groups):
            take[:, group] |= whole[:, position : position + 1]
        take |= torch.rand(len(answers), 1, device=answers.device) < self.settings.whole_form_rate
        return answers.masked_fill(take, MISSING)


def together_blank(blank: NDArray[np.bool_]) -> list[list[int]]:
    """Groups of columns of an (N, F) mask whose blanks mostly coincide (correlation above one half)."""
    count = blank.shape[1]
    spread = blank.std(axis=0) > 0
    linked = np.eye(count, dtype=bool)
    if spread.any():
        with np.errstate(invalid="ignore", divide="ignore"):
            linked |= np.nan_to_num(np.corrcoef(blank, rowvar=False)) > 0.5
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
    blank: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    labels: NDArray[np.int64],
    classes: int,
    minimum_rate: float,
) -> Tensor:
    """(L, columns) chances of blanking more, so that every class reaches the highest rate of any class."""
    rates = np.zeros((classes, blank.shape[1]))
    for label in range(classes):
        rows = labels == label
        seen = counted[rows].sum(axis=0)
        rates[label] = (blank & counted)[rows].sum(axis=0) / np.maximum(seen, 1)
    goal = np.clip(rates.max(axis=0), minimum_rate, 0.95)
    chance = np.clip((goal - rates) / np.maximum(1 - rates, 1e-9), 0, 1)
    return torch.tensor(chance, dtype=torch.float32)
