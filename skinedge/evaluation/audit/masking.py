"""How a model reacts to missing answers: to the patterns of the data set, and to answers that are left out."""

from __future__ import annotations

import numpy as np

from skinedge.contract import MISSING, Contract
from skinedge.datasets.pad_ufes_20 import Record, answer_matrix, patient_ids
from skinedge.errors import DataError
from skinedge.evaluation.audit.report import Change, PatternEffect
from skinedge.evaluation.audit.subject import Subject, read, score
from skinedge.evaluation.audit.subset import most_answered
from skinedge.evaluation.bootstrap import figure, patient_weights, weighted_auc
from skinedge.evaluation.predict import Model
from skinedge.progress import track
from skinedge.questionnaire import ALWAYS_ASKED

_SYMPTOMS = ("itch", "grew", "hurt", "changed", "bleed", "elevation")
_DECIMALS = 6
"""Of a score that count: an AUC would also sort by the rounding of float32 below them."""
_RUNS, _FEWEST_BASES = 1500, 12


def pattern_effect(
    model: Model, rows: tuple[Record, ...], photos: tuple[Record, ...], *, bases: int, rounds: int
) -> PatternEffect:
    """AUC, malignant against benign, of the model's score where only the pattern of missing answers varies.

    The patterns are those of all rows of the metadata. Photo and answers are held fixed, one base photo after the other,
    so that only the choice of missing answers can tell malignant from benign.

    The interval is over both: patients, whose patterns they are, and base photos.

    Args:
        rows: those whose patterns and labels are used.
        photos: those to choose base photos from: the ones with the fewest missing answers, of every label alike.
        bases: how many, or fewer where a long form has very many patterns.

    Raises: DataError where the rows are all malignant or all benign.
    """
    contract = model.contract
    masks = answer_matrix(rows, contract.fields) == MISSING
    malignant = np.array([row.label in contract.malignant_labels for row in rows])
    if malignant.all() or not malignant.any():
        raise DataError(
            "all rows are malignant or all are benign: expected both, to see whether missing answers tell them apart"
        )
    patterns, of_row = np.unique(masks, axis=0, return_inverse=True)
    answers = answer_matrix(photos, contract.fields)
    weights = patient_weights(patient_ids(rows), rounds=rounds, seed=0)
    aucs, largest = [], 0.0
    chosen = most_answered(photos, answers == MISSING, min(bases, max(_FEWEST_BASES, _RUNS // len(patterns))))
    for base in track(chosen, "patterns of missing answers"):
        pixels = read(model, photos[base])
        masked = np.where(patterns, np.float32(MISSING), answers[base])
        scores = np.array([score(model, pixels, given) for given in masked])
        largest = max(largest, float(np.ptp(scores)))
        aucs.append(weighted_auc(scores.round(_DECIMALS)[of_row.reshape(-1)], malignant, weights))
    per_base = np.stack(aucs)
    own = per_base[:, 0]
    resampled = np.random.default_rng(1).multinomial(len(own), np.full(len(own), 1 / len(own)), size=rounds)
    times = np.concatenate([np.ones((1, len(own))), resampled])
    return PatternEffect(
        mean_auc=figure((times * per_base.T).sum(axis=1) / len(own)),
        sd=float(own.std()),
        lowest=float(own.min()),
        highest=float(own.max()),
        mean_distance=float(np.abs(own - 0.5).mean()),
        aucs=tuple(own.tolist()),
        patterns=len(patterns),
        rows=len(rows),
        largest_change=largest,
    )


def leave_out(subject: Subject, *, rounds: int) -> tuple[Change, ...]:
    """The change of the decisions where each block is left out, over the photos in which some of it was answered."""
    contract = subject.model.contract
    names = [field.name for field in contract.fields]
    left_out = {what: [names.index(name) for name in block] for what, block in blocks(contract).items()}
    after = {what: np.full(len(subject.records), np.nan) for what in left_out}
    for position, pixels in subject.photos("leaving answers out"):
        for what, positions in left_out.items():
            given = subject.answers[position].copy()
            given[positions] = MISSING
            if (given != subject.answers[position]).any():
                after[what][position] = score(subject.model, pixels, given)
    return tuple(
        subject.change("left out", what, after=scores, among=~np.isnan(scores), rounds=rounds)
        for what, scores in after.items()
    )


def blocks(contract: Contract) -> dict[str, tuple[str, ...]]:
    """The questions to leave out together, by name: each alone, the symptoms, those not put to everyone, all."""
    names = tuple(field.name for field in contract.fields)
    together = {
        "all symptoms": tuple(name for name in names if name in _SYMPTOMS),
        "the long form": tuple(name for name in names if name not in ALWAYS_ASKED),
        "all answers": names,
    }
    return {name: (name,) for name in names} | {what: block for what, block in together.items() if len(block) > 1}
