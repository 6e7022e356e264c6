"""The paper's results, for the column beside ours.

Source: Khurshid, Vatsa and Singh, Optimizing skin lesion classification via multimodal data and auxiliary task
integration, 2024, Tables 1 to 3. The paper measured all of them on the split that leaks patients.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Published:
    """Figures of one row of a table, 0..1."""

    acc: float
    bacc: float
    auc: float


BACKBONES = ("vgg13", "resnet50", "efficientnet_b4", "mobilenet_v2", "densenet121")
BEST_BACKBONE = "vgg13"
"""That of Tables 2 and 3."""

METHODS = ("none", "concat", "metanet", "metablock", "visual_attention", "proposed")

_COLUMNS = ("acc", "bacc", "auc")


def published() -> dict[tuple[str, str, str], Published]:
    """Tables 1 and 3 by method, backbone and target of the decoder.

    The paper names no backbone for Table 3; the figures that it calls an improvement fit VGG-13.
    """
    text = (resources.files("skinedge.reproduction") / "paper.csv").read_text(encoding="utf-8")
    return {
        (row["method"], row["backbone"], row["target"]): Published(*(float(row[name]) for name in _COLUMNS))
        for row in csv.DictReader(text.splitlines())
    }


TABLE_2 = {
    "ACK": (0.88, 0.90, 0.95),
    "BCC": (0.85, 0.88, 0.93),
    "MEL": (0.89, 0.89, 0.99),
    "NEV": (0.95, 0.93, 0.99),
    "SCC": (0.50, 0.40, 0.93),
    "SEK": (0.92, 0.95, 0.99),
}
"""Recall, precision and specificity of the proposed method with VGG-13."""
