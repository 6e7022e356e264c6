"""Reference scores: a model's scores of photos that it was not trained on, to compare a health post's scores with.

`reference_scores.json` lies in a checkpoint. `skinedge train` and `skinedge card` write it from the out-of-fold answers of
the run. It holds counts only, and no photo or patient.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from skinedge.contract import Frozen
from skinedge.errors import ContractError

REFERENCE_FILE = "reference_scores.json"
BINS = 100


class ReferenceScores(Frozen):
    """Two histograms of malignancy scores, in `BINS` bins of equal width from 0 to 1; each photo counts once."""

    model_name: str
    weights_sha256: str | None
    """Of the contract whose model was trained like those that gave the scores, on all photos."""
    protocol: str
    """The protocol that kept the photos from the models that scored them."""
    malignant: tuple[int, ...] = Field(min_length=BINS, max_length=BINS)
    benign: tuple[int, ...] = Field(min_length=BINS, max_length=BINS)

    @property
    def counts(self) -> tuple[int, ...]:
        """Both together."""
        return tuple(a + b for a, b in zip(self.malignant, self.benign, strict=True))

    def save(self, folder: Path) -> None:
        (folder / REFERENCE_FILE).write_text(self.model_dump_json() + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> ReferenceScores:
        """Raises: ContractError where the file is missing or something else."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ContractError(f"cannot read {path}: {error.strerror}; skinedge card RUN --data FOLDER writes it") from None
        except ValidationError as error:
            what = " ".join(error.errors()[0]["msg"].split())
            raise ContractError(f"{path} holds no reference scores: {what}; write it anew with skinedge card") from None


def bin_of(score: float) -> int:
    """The bin of a score of 0..1."""
    return min(int(score * BINS), BINS - 1)
