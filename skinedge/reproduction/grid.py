"""The networks of each table, and how each preset trains them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from skinedge.reproduction.paper import BACKBONES, BEST_BACKBONE, METHODS
from skinedge.training.recipe import AnswerDropoutSettings, Recipe, load_recipe

Preset = Literal["paper", "cpu", "smoke"]
Protocol = Literal["pundhir2022", "grouped"]
PROTOCOLS: tuple[Protocol, ...] = ("pundhir2022", "grouped")
TABLES = (1, 2, 3)


@dataclass(frozen=True)
class Cell:
    """One network to train: a method of Table 1 on a backbone, with the decoder's target."""

    method: str
    backbone: str
    target: str

    @property
    def name(self) -> str:
        """The cell's folder."""
        return f"{self.method}-{self.backbone}-{self.target}"

    def recipe(self, preset: Preset, *, epochs: int = 0, seed: int = 0) -> Recipe:
        """How the cell is trained. It uses all 21 questions without masking answers, as the paper does, so that it may learn
        from what is missing (see `skinedge audit`)."""
        base = load_recipe("paper")
        changes: dict[str, object] = {
            "backbone": self.backbone,
            "fusion": "product" if self.method == "proposed" else self.method,
            "sr_target": self.target,
            "answer_dropout": AnswerDropoutSettings(equalize=False),
            "seed": seed,
            **_CHANGES[preset],
        }
        if epochs:
            changes["epochs"] = epochs
        return base.changed(**changes)


_CHANGES: dict[Preset, dict[str, object]] = {
    "paper": {},
    # What two CPU cores can do in an hour: MobileNet-V2 only, low sides, and an optimiser that needs few epochs.
    "cpu": {
        "epochs": 7,
        "side_px": 128,
        "optimizer": "adamw",
        "learning_rate": 1e-3,
        "backbone_rate_factor": 0.5,
        "weight_decay": 0.02,
        "schedule": "cosine",
        "warmup_epochs": 1,
        "sr_share": 0.25,
        "frozen_blocks": 7,
    },
    # Every cell in a few seconds, on synthetic lesions: the results mean nothing.
    "smoke": {"epochs": 1, "side_px": 32, "low_side_px": 32, "batch_size": 16},
}

FOLDS_TRAINED: dict[Preset, int] = {"paper": 5, "cpu": 5, "smoke": 1}
"""How many grouped folds are trained. With fewer than all, only their photos are tested."""


def cells(table: int, preset: Preset) -> list[Cell]:
    """The networks of a table, each once; tables share some.

    Table 3 also has the network without a decoder, to show whether a decoder helps.
    """
    backbones = ("mobilenet_v2",) if preset == "cpu" else (*BACKBONES, "efficientnet_lite0")
    if table == 1:
        return [
            Cell(method, backbone, "bilinear" if method == "proposed" else "none")
            for backbone in backbones
            for method in METHODS
        ]
    backbone = "mobilenet_v2" if preset == "cpu" else BEST_BACKBONE
    if table == 2:
        return [Cell("proposed", backbone, "bilinear")]
    targets = ("none", "bilinear", "bicubic") if preset == "cpu" else ("none", "bilinear", "bicubic", "ninasr", "edsr")
    return [Cell("proposed", backbone, target) for target in targets]
