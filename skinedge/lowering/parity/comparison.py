"""How far an exported program is from the fp32 model, in numbers and in decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skinedge.contract import REFER, Contract, Frozen
from skinedge.errors import LoweringError
from skinedge.evaluation.bootstrap import weighted_ece

SYNTHETIC = "synthetic lesions"
"""What `Parity.samples` says of inputs without any patient."""
_MELANOMA = "MEL"


class Parity(Frozen):
    """A program against the fp32 model on the same `n` inputs. What needs the truth is None where it is not known."""

    samples: str
    n: int
    largest_difference: float
    mean_difference: float
    decision_agreement: float
    top1_agreement: float
    bacc_change: float | None = None
    """Balanced accuracy of the program less that of fp32."""
    melanoma_referred_change: float | None = None
    """Share of melanomas that are referred, less that of fp32."""
    melanoma_named_change: float | None = None
    """Share of melanomas whose likeliest class is melanoma, less that of fp32."""
    ece_change: float | None = None
    """Expected calibration error of the first answer, 15 bins, less that of fp32."""
    spread: float
    """Standard deviation of the fp32 malignancy score over the inputs: near zero, agreement would prove nothing."""


class Group(Frozen):
    """The photos of one class, or of several, under fp32 and under the program."""

    name: str
    n: int
    named: float
    """Share whose likeliest class is the true one, under fp32."""
    named_by_program: float
    referred: float
    referred_by_program: float
    decision_agreement: float
    top1_agreement: float
    largest_score_difference: float


@dataclass(frozen=True)
class Comparison:
    """(N, L) probabilities of the fp32 model and of a program for the same inputs.

    Raises: LoweringError where the fp32 model answers everything alike, so that nothing could be proven.
    """

    contract: Contract
    """That of the fp32 model."""
    reference: NDArray[np.float32]
    candidate: NDArray[np.float32]
    samples: str
    """What the inputs are, in words."""
    labels: NDArray[np.int64] | None = None
    """(N,) true indices in `Contract.labels`, where they are known."""
    program: Contract | None = None
    """That of the program, where its thresholds were fitted anew."""
    names: tuple[str, ...] = ()
    """What the inputs are called: for a terminal, never for a file."""

    def __post_init__(self) -> None:
        spread = float(self.scores[0].std())
        if spread < 0.01:
            raise LoweringError(
                f"the fp32 model gives {len(self.reference)} different inputs nearly the same score (spread {spread:.4f}): "
                "a comparison proves nothing; train the model first"
            )

    def parity(self) -> Parity:
        """The comparison in numbers."""
        difference, (referred, program_referred) = np.abs(self.reference - self.candidate), self._referred
        named, program_named = self._named
        truth: dict[str, float | None] = {}
        if self.labels is not None:
            labels = self.labels
            truth["bacc_change"] = _bacc(program_named, labels) - _bacc(named, labels)
            truth["ece_change"] = _ece(self.candidate, labels) - _ece(self.reference, labels)
            melanoma = np.array(self.contract.labels)[labels] == _MELANOMA
            if melanoma.any():
                truth["melanoma_referred_change"] = _share(program_referred[melanoma]) - _share(referred[melanoma])
                right, program_right = named == labels, program_named == labels
                truth["melanoma_named_change"] = _share(program_right[melanoma]) - _share(right[melanoma])
        return Parity(
            samples=self.samples,
            n=len(self.reference),
            largest_difference=float(difference.max()),
            mean_difference=float(difference.mean()),
            decision_agreement=_share(self.decisions[0] == self.decisions[1]),
            top1_agreement=_share(named == program_named),
            spread=float(self.scores[0].std()),
            **truth,
        )

    def groups(self) -> Iterator[Group]:
        """The comparison for each class that is there, for malignant and for benign lesions; none without a truth."""
        if self.labels is None:
            return
        labels, malignant = self.labels, np.isin(self.labels, self.contract.malignant_indices)
        (score, program_score), (referred, program_referred), (named, program_named) = (
            self.scores,
            self._referred,
            self._named,
        )
        classes = {label: labels == position for position, label in enumerate(self.contract.labels)}
        for name, members in {**classes, "malignant": malignant, "benign": ~malignant}.items():
            if members.any():
                yield Group(
                    name=name,
                    n=int(members.sum()),
                    named=_share((named == labels)[members]),
                    named_by_program=_share((program_named == labels)[members]),
                    referred=_share(referred[members]),
                    referred_by_program=_share(program_referred[members]),
                    decision_agreement=_share((self.decisions[0] == self.decisions[1])[members]),
                    top1_agreement=_share((named == program_named)[members]),
                    largest_score_difference=float(np.abs(score - program_score)[members].max()),
                )

    def worst(self, count: int = 3) -> list[tuple[str, float, float]]:
        """The inputs whose malignancy score moved most, with the score of fp32 and of the program."""
        score, program_score = self.scores
        order = np.argsort(-np.abs(score - program_score), kind="stable")[:count]
        names = self.names or [f"{self.samples} no. {i}" for i in range(len(score))]
        return [(names[i], float(score[i]), float(program_score[i])) for i in order]

    @cached_property
    def scores(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(N,) malignancy scores of fp32 and of the program."""
        return self.contract.score(self.reference), self.contract.score(self.candidate)

    @property
    def thresholds(self) -> tuple[float, float]:
        """The refer thresholds of fp32 and of the program."""
        return self.contract.refer.value, (self.program or self.contract).refer.value

    @cached_property
    def decisions(self) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
        """(N,) decisions of fp32 and of the program, each at its own thresholds."""
        return self.contract.decide(self.scores[0]), (self.program or self.contract).decide(self.scores[1])

    @cached_property
    def _referred(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        return self.decisions[0] == REFER, self.decisions[1] == REFER

    @cached_property
    def _named(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self.reference.argmax(axis=1), self.candidate.argmax(axis=1)


def compare(
    contract: Contract,
    reference: NDArray[np.float32],
    candidate: NDArray[np.float32],
    *,
    samples: str,
    labels: NDArray[np.int64] | None = None,
) -> Parity:
    """A `Comparison` in numbers. Raises: LoweringError where nothing could be proven."""
    return Comparison(contract, reference, candidate, samples, labels).parity()


def _bacc(named: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    return float(np.mean([(named == labels)[labels == label].mean() for label in np.unique(labels)]))


def _ece(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    confidences, right = probabilities.max(axis=1).astype(np.float64), probabilities.argmax(axis=1) == labels
    return float(weighted_ece(confidences, right, np.ones((1, len(labels))))[0])


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean())
