"""Golden vectors: synthetic lesions and answers with what the program must give, for apps in any language to test with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from skinedge.contract import MISSING, Contract
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.questionnaire import LABELS
from skinedge.runtime.engine import Engine, program_input
from skinedge.runtime.golden import GOLDEN_FILE

PHOTOS = "golden"
SEED = 20_240_401


@dataclass(frozen=True)
class SyntheticInputs:
    """Inputs without any patient: (N, S, S, 3) uint8 pixels, (N, F) float32 raw answers, the label of each."""

    pixels: NDArray[np.uint8]
    answers: NDArray[np.float32]
    labels: tuple[str, ...]

    def at(self, indices: Sequence[int]) -> SyntheticInputs:
        """The inputs at these indices."""
        chosen = list(indices)
        return SyntheticInputs(self.pixels[chosen], self.answers[chosen], tuple(self.labels[index] for index in chosen))

    def run(self, engine: Engine) -> NDArray[np.float32]:
        """(N, L) float32 probabilities."""
        return np.stack(
            [engine.probabilities(program_input(pixels), self.answers[i : i + 1]) for i, pixels in enumerate(self.pixels)]
        )


def synthetic_inputs(contract: Contract, count: int, *, seed: int = SEED) -> SyntheticInputs:
    """Lesions of every label in turn, with random answers of which about a third are missing. The same for each seed."""
    rng = np.random.default_rng(seed)
    labels = tuple(LABELS[i % len(LABELS)] for i in range(count))
    pixels = np.stack([draw_lesion(rng, label, contract.image.side_px) for label in labels])
    answers = np.full((count, len(contract.fields)), MISSING, dtype=np.float32)
    for field in contract.fields:
        if field.kind == "number":
            assert field.minimum is not None and field.maximum is not None
            values = np.round(rng.uniform(field.minimum, min(field.maximum, 100), count))
        else:
            values = rng.integers(0, len(field.choices) or 2, count).astype(np.float64)
        answers[:, field.position] = np.where(rng.random(count) < 0.3, MISSING, values)
    return SyntheticInputs(pixels, answers, labels)


def spread_indices(scores: NDArray[np.float64], count: int) -> list[int]:
    """The indices of `count` of (N,) scores: the highest, the lowest, and evenly many others between each two of the rest.

    Both kinds of advice are among them where a program gives both at all. The first two differ most, and of these a high
    score shows best that its photo was taken for another: where answers speak for a harmless spot, photos say little.
    """
    ascending = np.argsort(scores, kind="stable")
    lowest, *between, highest = ascending[np.linspace(0, len(scores) - 1, count).round().astype(int)].tolist()
    return [highest, lowest, *between]


def write_golden(
    folder: Path, inputs: SyntheticInputs, probabilities: NDArray[np.float32], reference: NDArray[np.float32]
) -> None:
    """Writes the inputs with the program's own answers and those of the fp32 model beside them."""
    (folder / PHOTOS).mkdir()
    vectors = []
    for i, pixels in enumerate(inputs.pixels):
        name = f"{PHOTOS}/{i}.png"
        Image.fromarray(pixels).save(folder / name, optimize=True)
        vectors.append(
            {
                "photo": name,
                "answers": inputs.answers[i].tolist(),
                "probabilities": probabilities[i].tolist(),
                "reference_probabilities": reference[i].tolist(),
            }
        )
    (folder / GOLDEN_FILE).write_text(json.dumps({"vectors": vectors}, indent=1) + "\n", encoding="utf-8")
