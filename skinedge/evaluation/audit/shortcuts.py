"""Properties of the file and of the scene that go with the class, though they are not the lesion's."""

from __future__ import annotations

import numpy as np

from skinedge.datasets.pad_ufes_20 import Record
from skinedge.evaluation.audit.image_statistics import ImageStatistics
from skinedge.evaluation.audit.missingness import is_malignant
from skinedge.evaluation.audit.report import InkOfLabel, Share, Shortcut
from skinedge.evaluation.bootstrap import Floats, figure, weighted_auc
from skinedge.questionnaire import LABELS

MARKED_ABOVE = 0.005
"""Share of ink from which a photo counts as marked with a pen; the AUCs use the share itself."""
PEN = "pen-like colours around the lesion"


def shortcuts(records: tuple[Record, ...], statistics: ImageStatistics, weights: Floats) -> tuple[Shortcut, ...]:
    """AUC of each property, malignant against benign and biopsied against not. `weights`: (1 + R, N)."""
    malignant, biopsied = is_malignant(records), np.array([record.biopsied for record in records])
    properties = {
        PEN: statistics.ink_share,
        "megapixels of the file": statistics.megapixels,
        "width / height of the file": statistics.side_ratio,
        "bytes per pixel of the file": statistics.bytes_per_pixel,
    }
    return tuple(
        Shortcut(
            name=name,
            differs=bool(np.ptp(values) > 0),
            malignant_auc=figure(weighted_auc(values, malignant, weights)),
            biopsied_auc=figure(weighted_auc(values, biopsied, weights)),
            biopsied_benign_auc=figure(weighted_auc(values[~malignant], biopsied[~malignant], weights[:, ~malignant])),
        )
        for name, values in properties.items()
    )


def ink_of_labels(records: tuple[Record, ...], statistics: ImageStatistics) -> tuple[InkOfLabel, ...]:
    """How many photos of each label are marked, and how much of them."""
    labels = np.array([record.label for record in records])
    out = []
    for label in LABELS:
        ink = statistics.ink_share[labels == label]
        out.append(
            InkOfLabel(
                label=label,
                marked=Share.out_of(int((ink > MARKED_ABOVE).sum()), len(ink)),
                mean_ink_share=float(ink.mean()) if len(ink) else None,
            )
        )
    return tuple(out)
