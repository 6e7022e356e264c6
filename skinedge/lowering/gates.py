"""The clinical gates: what a program must keep to be written at all."""

from __future__ import annotations

from pydantic import Field

from skinedge.contract import Frozen
from skinedge.lowering.parity.comparison import SYNTHETIC, Parity


class Limits(Frozen):
    """What a program must keep of the fp32 model, in shares and probabilities."""

    bytes_per_weight: float = Field(gt=0, description="largest program, for each weight of the network")
    allowance_bytes: int = Field(ge=0, description="what it may be larger: preprocessing, scales, names")
    delegated_share: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="least share of operators that the delegate runs; none where a target has no delegates",
    )
    decision_agreement: float = Field(ge=0, le=1, description="least share of photos with the same decision as fp32")
    top1_agreement: float = Field(ge=0, le=1, description="least share of inputs with the same likeliest class as fp32")
    synthetic_decision_agreement: float = Field(ge=0, le=1, description="least decision agreement on synthetic lesions")
    synthetic_mean_difference: float = Field(
        ge=0, le=1, description="largest mean difference of a probability on synthetic lesions"
    )
    largest_difference: float = Field(ge=0, le=1, description="largest difference of any probability of any input")
    synthetic_largest_difference: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="the same on synthetic lesions; none where `largest_difference` holds for them too",
    )
    bacc_loss: float = Field(ge=0, le=1, description="balanced accuracy that may be lost on the photos")
    melanoma_loss: float = Field(
        ge=0, le=1, description="share of melanomas that may be lost, of those referred and of those named"
    )
    ece_rise: float = Field(ge=0, le=1, description="rise of the expected calibration error on the photos")

    def program_size_bytes(self, weights: int) -> int:
        """The largest program for a network of so many weights: each backbone has a limit of its own."""
        return round(self.bytes_per_weight * weights) + self.allowance_bytes

    def broken(
        self, *, weights: int, size_bytes: int, delegated_share: float | None, comparisons: list[Parity]
    ) -> list[str]:
        """Every limit that a program breaks, in words.

        Args:
            weights: how many numbers the network has.
        """
        found = []
        largest = self.program_size_bytes(weights)
        if size_bytes > largest:
            found.append(
                f"program_size_bytes {size_bytes:,}, limit {largest:,} ({self.bytes_per_weight:g} for each of {weights:,} "
                f"weights and {self.allowance_bytes:,})"
            )
        if self.delegated_share is not None and (delegated_share or 0) < self.delegated_share:
            found.append(f"delegated_share {delegated_share or 0:.3f}, limit {self.delegated_share:.3f}")
        return found + [line for parity in comparisons for line in self.broken_by(parity)]

    def broken_by(self, parity: Parity) -> list[str]:
        """The limits that a comparison breaks. What needs a truth that is not known is not judged."""
        synthetic = parity.samples == SYNTHETIC
        largest = (
            self.synthetic_largest_difference
            if synthetic and self.synthetic_largest_difference is not None
            else self.largest_difference
        )
        at_least = {
            "decision_agreement": (
                parity.decision_agreement,
                self.synthetic_decision_agreement if synthetic else self.decision_agreement,
            ),
            "top1_agreement": (parity.top1_agreement, self.top1_agreement),
        }
        at_most = {
            "largest_difference": (parity.largest_difference, largest),
            "mean_difference": (parity.mean_difference, self.synthetic_mean_difference if synthetic else 1.0),
            "bacc_loss": (_loss(parity.bacc_change), self.bacc_loss),
            "melanoma_loss (referred)": (_loss(parity.melanoma_referred_change), self.melanoma_loss),
            "melanoma_loss (named)": (_loss(parity.melanoma_named_change), self.melanoma_loss),
            "ece_rise": (parity.ece_change or 0.0, self.ece_rise),
        }
        broken = {name: pair for name, pair in at_least.items() if pair[0] < pair[1] - _ROUNDING}
        broken |= {name: pair for name, pair in at_most.items() if pair[0] > pair[1] + _ROUNDING}
        return [f"{name} {got:.4f} on {parity.n} {parity.samples}, limit {limit:g}" for name, (got, limit) in broken.items()]

    def scaled(self, factor: float) -> Limits:
        """The same limits with this share of each allowance for being different from fp32; the others stay."""
        allowances = ("largest_difference", "synthetic_mean_difference")
        shares = ("decision_agreement", "synthetic_decision_agreement", "top1_agreement")
        return self.model_copy(
            update={name: getattr(self, name) * factor for name in allowances}
            | {name: 1 - (1 - getattr(self, name)) * factor for name in shares}
        )


_ROUNDING = 1e-9
"""Shares of photos are not exact in binary: 198 of 200 is not less than 0.99."""


def _loss(change: float | None) -> float:
    return -change if change is not None else 0.0
