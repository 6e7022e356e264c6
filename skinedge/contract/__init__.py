"""The contract of a model, and what it is made of: fields, network, score and decision."""

from __future__ import annotations

from skinedge.contract.decision import CANNOT_ASSESS, REFER, WATCH, decide, malignancy_score
from skinedge.contract.document import CONTRACT_FILE, Contract, ImageSpec, Threshold
from skinedge.contract.fields import MISSING, Answer, ClinicalField, numbered
from skinedge.contract.frozen import Frozen
from skinedge.contract.model_config import RGB, ModelConfig
from skinedge.contract.words import normal, yes_or_no

__all__ = [
    "CANNOT_ASSESS",
    "CONTRACT_FILE",
    "MISSING",
    "REFER",
    "RGB",
    "WATCH",
    "Answer",
    "ClinicalField",
    "Contract",
    "Frozen",
    "ImageSpec",
    "ModelConfig",
    "Threshold",
    "decide",
    "malignancy_score",
    "normal",
    "numbered",
    "yes_or_no",
]
