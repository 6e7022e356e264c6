"""Synthetic data sets in the layout of PAD-UFES-20, for tests and for trying the commands without patients' photos.

They have the same difficulties for a reader: 13 answers missing together (for benign lesions only), `UNK`, two spellings
of Brazil, `.png` names for `.jpg` files, patients with two lesions, lesions with two photos, lesion numbers that two
patients share, and a split that puts photos of one lesion into training and test. Answers go with the label about as in
the published table.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from skinedge.datasets.synthetic_lesion import draw_lesion, paint, photograph
from skinedge.errors import ConfigError, DataError
from skinedge.questionnaire import LABELS, MALIGNANT

__all__ = ["CSV_COLUMNS", "SPLIT_FILE", "draw_lesion", "write_synthetic"]

CSV_COLUMNS = (
    "patient_id", "lesion_id", "smoke", "drink", "background_father", "background_mother", "age", "pesticide", "gender",
    "skin_cancer_history", "cancer_history", "has_piped_water", "has_sewage_system", "fitspatrick", "region",
    "diameter_1", "diameter_2", "diagnostic", "itch", "grew", "hurt", "changed", "bleed", "elevation",
    "img_id", "biopsed",
)  # fmt: skip
"""The official columns in the official order."""

SPLIT_FILE = "split_pundhir2022.csv"
_PARTS = ("test", "fold1", "fold2", "fold3", "fold4", "fold5")
_LESION_NUMBERS = 60
"""Numbers start again after this many: in the published table, too, only patient and lesion together name a lesion."""
_ORIGINS = ("POMERANIA", "GERMANY", "ITALY", "BRAZIL", "BRASIL", "PORTUGAL", "UNK")
_ORIGIN_RATES = (0.36, 0.32, 0.15, 0.07, 0.01, 0.02, 0.07)
_SYMPTOMS = ("itch", "grew", "hurt", "changed", "bleed", "elevation")


@dataclass(frozen=True)
class _Profile:
    """What is usual for a label. Rates are those of the published table, rounded; melanoma is made less rare."""

    rate: float
    missing: float
    unknown: float
    symptoms: tuple[float, ...]
    age_years: float
    diameter_mm: float
    regions: tuple[str, ...]


_PROFILES = {
    "ACK": _Profile(0.28, 0.61, 0.01, (0.79, 0.18, 0.07, 0.04, 0.12, 0.26), 62, 11, ("FOREARM", "FACE", "ARM", "HAND")),
    "BCC": _Profile(0.30, 0.00, 0.33, (0.75, 0.75, 0.35, 0.14, 0.54, 0.85), 63, 12, ("FACE", "NOSE", "CHEST", "BACK")),
    "MEL": _Profile(0.08, 0.00, 0.18, (0.22, 0.88, 0.02, 0.79, 0.02, 0.25), 59, 15, ("BACK", "ARM", "THIGH", "FACE")),
    "NEV": _Profile(0.14, 0.69, 0.15, (0.09, 0.66, 0.02, 0.10, 0.01, 0.63), 36, 9, ("BACK", "FACE", "CHEST", "NECK")),
    "SCC": _Profile(0.10, 0.00, 0.40, (0.82, 0.71, 0.24, 0.25, 0.32, 0.79), 68, 12, ("FOREARM", "FACE", "HAND", "LIP")),
    "SEK": _Profile(0.10, 0.80, 0.03, (0.26, 0.48, 0.01, 0.03, 0.02, 0.77), 66, 9, ("FACE", "CHEST", "BACK", "SCALP")),
}


@dataclass(frozen=True)
class _Patient:
    id: str
    skin_type: int
    age_years: int
    answers: Mapping[str, str]


def write_synthetic(
    folder: Path, *, photos: int, seed: int = 0, side_px: int = 480, suffix: Literal[".jpg", ".png"] = ".jpg"
) -> Path:
    """Writes `metadata.csv`, `split_pundhir2022.csv` and `images/PAT_*` with every label present.

    Args:
        folder: made where missing.
        photos: how many, at least 6.
        seed: the same seed writes the same tables, byte for byte, and the same pictures.
        side_px: side of the square photos.
        suffix: of the files; `img_id` ends in `.png` either way, as in the sample.

    Returns: folder.
    Raises: ConfigError for fewer photos than labels; DataError where the folder already holds a data set.
    """
    if photos < len(LABELS):
        raise ConfigError(f"got {photos} photos, expected at least {len(LABELS)}, one for each label; ask for more")
    if (folder / "metadata.csv").exists():
        raise DataError(f"{folder} already holds a data set, expected a new or empty folder; choose another name")
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    rows: list[dict[str, str]] = []
    lesion = 0
    patient = _patient(rng, 1, LABELS[0])
    while len(rows) < photos:
        # The first lesions go through the labels, so that a small data set has them all.
        label = LABELS[lesion] if lesion < len(LABELS) else str(rng.choice(LABELS, p=[_PROFILES[k].rate for k in LABELS]))
        # Every fourth lesion is a second one of the same patient, and every fourth has two photos.
        if lesion % 4 != 1:
            patient = _patient(rng, lesion + 1, label)
        wanted = 2 if lesion % 4 == 2 else 1
        labels_to_come = max(len(LABELS) - lesion - 1, 0)
        count = min(wanted, photos - len(rows) - labels_to_come)
        row = _row(rng, patient, 1001 + lesion % _LESION_NUMBERS, label)
        scene = paint(np.random.default_rng([seed, lesion]), label, side_px, skin_type=patient.skin_type)
        for shot in range(count):
            stem = f"{patient.id}_{row['lesion_id']}_{100 + 2 * len(rows)}"
            picture = Image.fromarray(photograph(np.random.default_rng([seed, lesion, shot]), scene))
            picture.save(folder / "images" / f"{stem}{suffix}", quality=92, subsampling=0)
            rows.append({**row, "img_id": f"{stem}.png"})
        lesion += 1
    shuffled = [rows[i] for i in rng.permutation(len(rows))]
    _write_csv(folder / "metadata.csv", CSV_COLUMNS, shuffled)
    _write_csv(folder / SPLIT_FILE, ("img_id", "part"), _split(shuffled))
    return folder


def _patient(rng: np.random.Generator, number: int, label: str) -> _Patient:
    """A random person, of an age that is usual for the label of their first lesion."""
    skin_type = int(rng.integers(1, 7))
    father, mother = (str(origin) for origin in rng.choice(_ORIGINS, size=2, p=_ORIGIN_RATES))
    answers = {
        "smoke": _yes(rng, 0.1),
        "drink": _yes(rng, 0.2),
        "background_father": father,
        "background_mother": mother,
        "pesticide": _yes(rng, 0.4),
        "gender": str(rng.choice(["FEMALE", "MALE"])),
        "skin_cancer_history": _yes(rng, 0.45 if label in MALIGNANT else 0.3),
        "cancer_history": _yes(rng, 0.45),
        "has_piped_water": _yes(rng, 0.6),
        "has_sewage_system": _yes(rng, 0.55),
        "fitspatrick": f"{skin_type}.0",
    }
    age_years = int(np.clip(rng.normal(_PROFILES[label].age_years, 13), 6, 94))
    return _Patient(f"PAT_{number}", skin_type, age_years, answers)


def _row(rng: np.random.Generator, patient: _Patient, lesion: int, label: str) -> dict[str, str]:
    """The record of one lesion, all but `img_id`."""
    profile = _PROFILES[label]
    diameter_1, diameter_2 = sorted(np.clip(rng.lognormal(np.log(profile.diameter_mm), 0.45, 2), 1, 60).round())[::-1]
    symptoms = {name: _yes(rng, rate) for name, rate in zip(_SYMPTOMS, profile.symptoms, strict=True)}
    if rng.random() < profile.unknown:
        symptoms |= {"grew": "UNK", "changed": "UNK"}
    not_always_asked = {**patient.answers, "diameter_1": f"{diameter_1:.1f}", "diameter_2": f"{diameter_2:.1f}"}
    missing, biopsied = rng.random() < profile.missing, rng.random() < 0.7
    if missing:
        not_always_asked = dict.fromkeys(not_always_asked, "")
    return {
        "patient_id": patient.id,
        "lesion_id": str(lesion),
        **not_always_asked,
        "age": str(patient.age_years),
        "region": str(rng.choice(profile.regions)),
        "diagnostic": label,
        **symptoms,
        "biopsed": str(label in MALIGNANT or bool(biopsied and not missing)),
    }


def _split(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Deals the photos of each label round the parts without regard to patients: it leaks, as the published split does."""
    dealt = sorted(rows, key=lambda row: row["diagnostic"])
    parts = {row["img_id"]: _PARTS[i % len(_PARTS)] for i, row in enumerate(dealt)}
    return [{"img_id": img_id, "part": parts[img_id]} for img_id in sorted(parts)]


def _yes(rng: np.random.Generator, rate: float) -> str:
    return str(bool(rng.random() < rate))


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
