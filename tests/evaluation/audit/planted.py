"""Data sets with planted faults, and models that do one thing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skinedge.contract import MISSING, Contract, ImageSpec, numbered
from skinedge.datasets.synthetic import CSV_COLUMNS
from skinedge.evaluation.predict import Model
from skinedge.questionnaire import ALWAYS_ASKED, LABELS, MALIGNANT, fields_named
from skinedge.runtime.engine import Floats

ANSWERED = {
    "smoke": "False", "drink": "False", "background_father": "ITALY", "background_mother": "ITALY", "age": "50",
    "pesticide": "False", "gender": "MALE", "skin_cancer_history": "True", "cancer_history": "True",
    "has_piped_water": "True", "has_sewage_system": "True", "fitspatrick": "2.0", "region": "FACE", "diameter_1": "6.0",
    "diameter_2": "5.0", "itch": "True", "grew": "True", "hurt": "False", "changed": "False", "bleed": "False",
    "elevation": "True",
}  # fmt: skip

Row = Mapping[str, str]


def write_rows(folder: Path, *, count: int, change: Callable[[int, bool], Row] = lambda number, malignant: {}) -> Path:
    """A data set without photos, one patient a row: labels in turn, all questions answered but for `change`.

    Args:
        change: takes the row's number and whether it is malignant, gives the columns that differ.
    """
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(count):
        label = LABELS[number % len(LABELS)]
        row = {
            "patient_id": f"PAT_{number}",
            "lesion_id": "7",
            "diagnostic": label,
            "img_id": f"PAT_{number}_7_1.png",
            "biopsed": "True",
            **ANSWERED,
        }
        rows.append({**row, **change(number, label in MALIGNANT)})
    rewrite(folder, rows)
    return folder


def read_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metadata.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def rewrite(folder: Path, rows: list[dict[str, str]]) -> None:
    with (folder / "metadata.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, CSV_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def write_parts(folder: Path, parts: Mapping[str, str]) -> None:
    """The split's file: part by image."""
    lines = ["img_id,part", *(f"{image_id},{part}" for image_id, part in parts.items())]
    (folder / "split_pundhir2022.csv").write_text("\n".join(lines) + "\n")


@dataclass
class FakeEngine:
    """Predicts the malignancy that a function makes of the photo's mean level, 0..1, and the number of missing answers."""

    malignancy: Callable[[float, int], float]

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        score = self.malignancy(float(photo.mean()) / 255, int((answers == MISSING).sum()))
        values = np.zeros(len(LABELS), dtype=np.float32)
        values[LABELS.index("BCC")], values[LABELS.index("ACK")] = score, 1 - score
        return values


def model(malignancy: Callable[[float, int], float], *, threshold: float = 0.5) -> Model:
    contract = Contract(
        model_name="fake",
        labels=LABELS,
        malignant_labels=MALIGNANT,
        image=ImageSpec(side_px=64),
        fields=numbered((*fields_named(ALWAYS_ASKED), *fields_named(("smoke", "drink")))),
    )
    contract = contract.model_copy(update={"refer": contract.refer.model_copy(update={"value": threshold})})
    return Model(FakeEngine(malignancy), contract)
