"""SkinEdge: a photo of a spot and a few answers go in, advice to refer or to watch comes out, with no network.

>>> from skinedge import Screener
>>> result = Screener().screen("spot.jpg", {"age_years": 63, "itch": "yes"})  # doctest: +SKIP
>>> result.decision  # doctest: +SKIP
'refer'
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from skinedge.errors import (
    AnswerError,
    ConfigError,
    ContractError,
    DamagedRecordError,
    DataError,
    DiskFullError,
    GateError,
    LoweringError,
    PassphraseError,
    PhoneError,
    PhotoError,
    RuntimeMissingError,
    SignatureError,
    SkinEdgeError,
    StoreError,
    TamperError,
    UnknownDraftError,
    UnknownVisitError,
)

if TYPE_CHECKING:
    from skinedge.api.calibrate import calibrate
    from skinedge.api.evaluate import evaluate
    from skinedge.api.export import export
    from skinedge.api.lesion_classifier import LesionClassifier
    from skinedge.api.load_dataset import load_dataset
    from skinedge.api.load_model import load_model
    from skinedge.api.prediction import PredictionResult
    from skinedge.api.train import train
    from skinedge.api.verify import verify
    from skinedge.contract import ClinicalField, Contract, ModelConfig
    from skinedge.datasets.pad_ufes_20 import DataSet, Record
    from skinedge.evaluation.protocols import Evaluation
    from skinedge.lowering.export import Exported
    from skinedge.lowering.quantization.plan import QuantizationPlan
    from skinedge.models.backbones import list_backbones, register_backbone
    from skinedge.models.fusion import list_fusions
    from skinedge.runtime.verification import Verification
    from skinedge.screening.screener import Screener, ScreeningResult
    from skinedge.training.recipe import Recipe, load_recipe

# ONNX Runtime 1.29 and newer reports to its maker unless this is set before it loads, by us or by another library;
# `runtime.onnx_engine` does what Windows needs besides.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = [
    "AnswerError",
    "ClinicalField",
    "ConfigError",
    "Contract",
    "ContractError",
    "DamagedRecordError",
    "DataError",
    "DataSet",
    "DiskFullError",
    "Evaluation",
    "Exported",
    "GateError",
    "LesionClassifier",
    "LoweringError",
    "ModelConfig",
    "PassphraseError",
    "PhoneError",
    "PhotoError",
    "PredictionResult",
    "QuantizationPlan",
    "Recipe",
    "Record",
    "RuntimeMissingError",
    "Screener",
    "ScreeningResult",
    "SignatureError",
    "SkinEdgeError",
    "StoreError",
    "TamperError",
    "UnknownDraftError",
    "UnknownVisitError",
    "Verification",
    "__version__",
    "calibrate",
    "evaluate",
    "export",
    "list_backbones",
    "list_fusions",
    "load_dataset",
    "load_model",
    "load_recipe",
    "register_backbone",
    "train",
    "verify",
]
__version__ = "0.1.0"

_HOMES = {
    "ClinicalField": "contract",
    "Contract": "contract",
    "DataSet": "datasets.pad_ufes_20",
    "Evaluation": "evaluation.protocols",
    "Exported": "lowering.export",
    "LesionClassifier": "api.lesion_classifier",
    "ModelConfig": "contract",
    "PredictionResult": "api.prediction",
    "QuantizationPlan": "lowering.quantization.plan",
    "Recipe": "training.recipe",
    "Record": "datasets.pad_ufes_20",
    "Screener": "screening.screener",
    "ScreeningResult": "screening.screener",
    "Verification": "runtime.verification",
    "calibrate": "api.calibrate",
    "evaluate": "api.evaluate",
    "export": "api.export",
    "list_backbones": "models.backbones",
    "list_fusions": "models.fusion",
    "load_dataset": "api.load_dataset",
    "load_model": "api.load_model",
    "load_recipe": "training.recipe",
    "register_backbone": "models.backbones",
    "train": "api.train",
    "verify": "api.verify",
}
"""Where each public name lives that is imported at its first use: `import skinedge` costs nothing."""

_EXTRAS = {"Exported": "export", "QuantizationPlan": "export", "calibrate": "export", "export": "export"}
"""The extra that a name needs, where it is not [train]."""


if not TYPE_CHECKING:  # A type checker takes any name of a module that has this for a good one.

    def __getattr__(name: str) -> object:
        """Imports a public name at its first use. Raises: ConfigError, one line, where an extra that it needs is missing."""
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'skinedge' has no attribute {name!r}")
        try:
            found = getattr(importlib.import_module(f"skinedge.{home}"), name)
        except ModuleNotFoundError as error:
            if (error.name or "skinedge").partition(".")[0] == "skinedge":
                raise
            extra = _EXTRAS.get(name, "train")
            raise ConfigError(f"skinedge.{name} needs {error.name}: pip install 'skinedge[{extra}]'") from None
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
