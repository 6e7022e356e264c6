"""Figures of the refer decision by age, sex, skin type, body region, and by whether the lesion was biopsied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from skinedge.contract import Frozen
from skinedge.datasets.pad_ufes_20 import Record
from skinedge.evaluation.bootstrap import Bools, Figure
from skinedge.evaluation.metrics import Predictions, measure

MINIMUM_PATIENTS, MINIMUM_PHOTOS = 20, 5
"""A group with fewer patients, or fewer malignant or benign photos, has no figures: they would say more about single
people than about the group."""

AGES = {"under 18": (0, 18), "18 to 39": (18, 40), "40 to 59": (40, 60), "60 to 79": (60, 80), "80 and over": (80, 200)}
REGIONS = {
    "head and neck": ("ear", "face", "lip", "neck", "nose", "scalp"),
    "trunk": ("abdomen", "back", "chest"),
    "arm and hand": ("arm", "forearm", "hand"),
    "leg and foot": ("foot", "thigh"),
}
NOT_RECORDED = "not recorded"


class GroupFigures(Frozen):
    """Figures of one group, at the thresholds of the whole data set, so that it may lie above or below the target."""

    photos: int
    patients: int
    malignant: int
    malignancy_auc: Figure
    sensitivity: Figure
    specificity: Figure


class Subgroup(Frozen):
    """`figures` is None where the group is too small to show."""

    kind: str
    name: str
    figures: GroupFigures | None


def subgroups(p: Predictions, records: tuple[Record, ...], *, bootstrap_rounds: int = 1000) -> tuple[Subgroup, ...]:
    """Measures each group of photos; `records` are those of the predictions, in their order."""
    everyone = np.ones(len(records), dtype=bool)
    biopsied = np.array([record.biopsied for record in records])
    out = [
        Subgroup(kind="label", name=name, figures=_figures(p, among, bootstrap_rounds))
        for name, among in (("all photos", everyone), ("biopsied only", biopsied))
    ]
    for kind, name_of in _KINDS.items():
        names = np.array([name_of(record) for record in records])
        for name in sorted(set(names), key=_order):
            out.append(Subgroup(kind=kind, name=str(name), figures=_figures(p, names == name, bootstrap_rounds)))
    return tuple(out)


def _figures(p: Predictions, among: Bools, rounds: int) -> GroupFigures | None:
    malignant = int((p.is_malignant & among).sum())
    photos, patients = int(among.sum()), len(np.unique(p.patient_ids[among]))
    if patients < MINIMUM_PATIENTS or min(malignant, photos - malignant) < MINIMUM_PHOTOS:
        return None
    group = replace(
        p,
        probabilities=p.probabilities[among],
        labels=p.labels[among],
        patient_ids=p.patient_ids[among],
        refer_threshold=np.broadcast_to(p.refer_threshold, among.shape)[among],
    )
    found = measure(group, bootstrap_rounds=rounds)
    return GroupFigures(
        photos=photos,
        patients=patients,
        malignant=malignant,
        malignancy_auc=found.malignancy_auc,
        sensitivity=found.malignancy_sensitivity,
        specificity=found.malignancy_specificity,
    )


def _age(record: Record) -> str:
    years = record.answers["age_years"]
    if years is None:
        return NOT_RECORDED
    return next(name for name, (low, high) in AGES.items() if low <= float(years) < high)


def _region(record: Record) -> str:
    return next((name for name, sites in REGIONS.items() if record.answers["region"] in sites), NOT_RECORDED)


def _sex(record: Record) -> str:
    return str(record.answers["gender"] or NOT_RECORDED)


def _skin_type(record: Record) -> str:
    found = record.answers["fitzpatrick_type"]
    return NOT_RECORDED if found is None else ("I", "II", "III", "IV", "V", "VI")[round(float(found)) - 1]


_KINDS: dict[str, Callable[[Record], str]] = {
    "age in years": _age,
    "sex": _sex,
    "Fitzpatrick skin type": _skin_type,
    "body region": _region,
}


def _order(name: str) -> tuple[int, str]:
    """Sort key: in the order above, then by name, with `NOT_RECORDED` last."""
    listed = (*AGES, *REGIONS)
    place = listed.index(name) if name in listed else len(listed)
    return (len(listed) + 1 if name == NOT_RECORDED else place, name)
