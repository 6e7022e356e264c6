"""A small backbone, and networks around it."""

from __future__ import annotations

from torch import nn

from skinedge.contract import ClinicalField, Contract, ModelConfig, numbered
from skinedge.models.backbones import Backbone
from skinedge.models.lesion_net import LesionNet
from skinedge.questionnaire import LABELS, MALIGNANT

CHANNELS = ModelConfig(backbone="tiny").clinical_widths[-1]


def contract_of(fields: tuple[ClinicalField, ...], *, fusion: str = "product", backbone: str = "tiny") -> Contract:
    """A contract of the six labels of PAD-UFES-20."""
    model = ModelConfig(backbone=backbone, fusion=fusion)
    return Contract(model_name="tiny", labels=LABELS, malignant_labels=MALIGNANT, fields=numbered(fields), model=model)


def tiny_backbone() -> Backbone:
    """Halves the side five times, as every backbone does, in next to no time."""
    layers: list[nn.Module] = []
    for before in (3, 8, 8, 8, 8):
        layers += [nn.Conv2d(before, 8, 3, stride=2, padding=1), nn.ReLU()]
    return Backbone("tiny", nn.Sequential(*layers), 8, ((3, 8), (5, 8), (7, 8)))


def net_around(
    backbone: Backbone, fields: tuple[ClinicalField, ...], *, fusion: str = "product", with_decoder: bool = True
) -> LesionNet:
    """An untrained network in eval mode."""
    return LesionNet(contract_of(fields, fusion=fusion), backbone, with_decoder=with_decoder).eval()
