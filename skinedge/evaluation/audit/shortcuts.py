"""Properties of the file and of the scene that go with the class, though they are not the lesion's."""

from __future__ import annotations

import numpy as np

from skinedge.datasets.pad_ufes_20 import Record
from skinedge.evaluation.audit.image_statistics import ImageStatistics
from skinedge.evaluation.audit.missingness import is_malignant
from skinedge.evaluation.audit.report import SceneOfLabel, Share, Shortcut
from skinedge.evaluation.bootstrap import Floats, figure, weighted_auc
from skinedge.questionnaire import LABELS

MARKED_ABOVE = 0.005
"""The share of ink from which a photo counts as marked with a pen; the AUCs use the share itself."""
HAIRY_ABOVE = 0.05
"""The share of dark hair from which a photo counts as hairy, above the creases of bare skin; AUCs use the share itself."""
PEN = "pen-like colours around the lesion"
HAIR = "dark hair in the photo"
SHARPNESS = "sharpness of the photo"


def shortcuts(records: tuple[Record, ...], statistics: ImageStatistics, weights: Floats) -> tuple[Shortcut, ...]:
    """AUC of each property, malignant against benign and biopsied against not. `weights`: (1 + R, N)."""
    malignant, biopsied = is_malignant(records), np.array([record.biopsied for record in records])
    properties = {
        PEN: statistics.ink_share,
        HAIR: statistics.hair_share,
        SHARPNESS: statistics.sharpness,
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


def scenes_of_labels(records: tuple[Record, ...], statistics: ImageStatistics) -> tuple[SceneOfLabel, ...]:
    """Pen, hair and blur in the photos of each label."""
    labels = np.array([record.label for record in records])
    out = []
    for label in LABELS:
        among = labels == label
        ink, hair, sharpness = (
            values[among] for values in (statistics.ink_share, statistics.hair_share, statistics.sharpness)
        )
        out.append(
            SceneOfLabel(
                label=label,
                marked=Share.out_of(int((ink > MARKED_ABOVE).sum()), len(ink)),
                mean_ink_share=float(ink.mean()) if len(ink) else None,
                hairy=Share.out_of(int((hair > HAIRY_ABOVE).sum()), len(hair)),
                mean_hair_share=float(hair.mean()) if len(hair) else None,
                median_sharpness=float(np.median(sharpness)) if len(sharpness) else None,
            )
        )
    return tuple(out)
