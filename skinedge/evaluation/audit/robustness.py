"""How far a model's decisions depend on light, focus, turning and distance."""

from __future__ import annotations

import numpy as np

from skinedge.evaluation.audit.perturbations import PERTURBATIONS
from skinedge.evaluation.audit.report import Change
from skinedge.evaluation.audit.subject import Subject, score


def robustness(subject: Subject, *, rounds: int) -> tuple[Change, ...]:
    """The change of the decisions under each of `PERTURBATIONS` of the photo, with the same answers."""
    after = np.empty((len(PERTURBATIONS), len(subject.records)))
    for position, pixels in subject.photos("changing photos"):
        for index, (_, _, perturb) in enumerate(PERTURBATIONS):
            after[index, position] = score(subject.model, perturb(pixels), subject.answers[position])
    everyone = np.ones(len(subject.records), dtype=bool)
    return tuple(
        subject.change(group, name, after=scores, among=everyone, rounds=rounds)
        for (group, name, _), scores in zip(PERTURBATIONS, after, strict=True)
    )
