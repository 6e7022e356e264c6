"""The package around a Core ML program: what it says of itself, and the same bytes for the same program."""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

from skinedge import __version__
from skinedge.contract import MISSING, Contract
from skinedge.lowering.coreml_interpreter.messages import messages
from skinedge.runtime.coreml_engine import NOT_RUN

PACKAGE = "skinedge.mlpackage"
_CORE_ML = "com.apple.CoreML"
PROGRAM = f"{PACKAGE}/Data/{_CORE_ML}/model.mlmodel"
WEIGHTS = f"{PACKAGE}/Data/{_CORE_ML}/weights/weight.bin"
_DATE = "com.github.apple.coremltools.conversion_date"


def describe(model: Any, contract: Contract) -> None:
    """Fills in what Xcode shows of a model and what an app can ask it for."""
    side_px, fields = contract.image.side_px, contract.fields
    model.author = "SkinEdge"
    model.license = f"Apache-2.0. Trained on {contract.trained_on}."
    model.version = f"{__version__}, weights {(contract.weights_sha256 or 'unnamed')[:12]}"
    model.short_description = (
        f"{contract.model_name}: calibrated probabilities of {', '.join(contract.labels)} from a photo of one spot on the "
        f"skin and {len(fields)} answers, all preprocessing inside. {contract.notice}"
    )
    model.input_description["photo"] = (
        f"The centre square of the photo, {side_px} x {side_px} pixels, RGB. Nothing else is to be done to it."
    )
    names = ", ".join(f"{field.position} {field.name}" for field in fields)
    model.input_description["answers"] = f"Answers by position, {MISSING:g} where there is none: {names}. See contract.json."
    model.output_description["probabilities"] = (
        f"{', '.join(contract.labels)}, in this order, with sum 1. Refer from {contract.refer.value:g} on for the sum of "
        f"{' + '.join(contract.malignant_labels)}."
    )
    model.user_defined_metadata.update(
        {
            "contract_sha256": hashlib.sha256(contract.file_bytes()).hexdigest(),
            "labels": ",".join(contract.labels),
            "malignant_labels": ",".join(contract.malignant_labels),
            "refer_threshold": repr(contract.refer.value),
            "notice": contract.notice,
            "checked": NOT_RUN,
        }
    )


def package(saved: Path) -> dict[str, bytes]:
    """The files of a package that coremltools wrote, by their path in the bundle, without dates and random numbers."""
    inside = saved / "Data" / _CORE_ML
    _, models = messages()
    spec = models.Model()
    spec.ParseFromString((inside / "model.mlmodel").read_bytes())
    spec.description.metadata.userDefined.pop(_DATE, None)
    return {
        f"{PACKAGE}/Manifest.json": _manifest(),
        PROGRAM: spec.SerializeToString(deterministic=True),
        WEIGHTS: (inside / "weights" / "weight.bin").read_bytes(),
    }


def _manifest() -> bytes:
    """Which file is what. coremltools draws new identifiers for every package; these are always the same."""
    entries = {
        "model.mlmodel": ("model.mlmodel", "CoreML Model Specification"),
        "weights": ("weights", "CoreML Model Weights"),
    }
    identifiers = {name: str(uuid.uuid5(uuid.NAMESPACE_URL, f"skinedge:{PACKAGE}/{name}")).upper() for name in entries}
    document = {
        "fileFormatVersion": "1.0.0",
        "itemInfoEntries": {
            identifiers[name]: {
                "author": _CORE_ML,
                "description": description,
                "name": shown,
                "path": f"{_CORE_ML}/{name}",
            }
            for name, (shown, description) in entries.items()
        },
        "rootModelIdentifier": identifiers["model.mlmodel"],
    }
    return (json.dumps(document, indent=4) + "\n").encode()
