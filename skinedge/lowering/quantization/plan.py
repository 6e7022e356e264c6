"""How a checkpoint's network becomes int8: what `skinedge calibrate` found on photos, kept beside the weights.

Only statistics are kept, so that a stranger without any photo exports the same program as the person who had some.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, ValidationError, model_validator
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from skinedge.contract import Contract, Frozen, Threshold
from skinedge.errors import LoweringError
from skinedge.files import write_whole

QUANTIZATION_FILE = "quantization.json"
CORRECTIONS_FILE = "bias_corrections.safetensors"

Scheme = Literal["all", "weights"]
"""What becomes int8: weights and activations, or weights alone. Each leaves errors of its own to make up for."""

Ranges = Mapping[str, tuple[float, float]]
"""Lowest and highest value of each activation, by `network_graph.ObservedTensor.key`."""
Corrections = Mapping[str, Tensor]
"""By layer: (channels,) to add to its bias, so that int8 gives on average what fp32 gives."""


class Settings(Frozen):
    """What a person can choose; the rest is found on photos."""

    per_channel: bool = True
    """One scale for each output channel of a layer's weights, not one for all of them."""
    calibration_photos: int = Field(default=204, ge=1)
    """Photos to measure on, of every class and skin type alike."""


_RENAMED_SINCE_2 = {"damage": "quantization_error", "refits": "recalibrations"}


class Recalibration(Frozen):
    """Temperature and thresholds of the int8 network, fitted to what fp32 says of the calibration photos."""

    temperature: float = Field(gt=0)
    refer_threshold: float = Field(ge=0, le=1)
    watch_below: float | None = Field(default=None, ge=0, le=1)
    """None for a network that has no such threshold."""
    chosen_on: str
    """How they were chosen, with those of fp32."""

    def apply(self, contract: Contract) -> Contract:
        """The contract of an int8 program."""
        changed: dict[str, object] = {"temperature": self.temperature}
        for name, value in (("refer", self.refer_threshold), ("watch_below", self.watch_below)):
            threshold: Threshold | None = getattr(contract, name)
            if threshold is not None and value is not None:
                chosen_on = f"{threshold.chosen_on}; {self.chosen_on}"
                changed[name] = threshold.model_copy(update={"value": value, "chosen_on": chosen_on})
        return contract.model_copy(update=changed)


class QuantizationPlan(Frozen):
    """What `quantization.json` holds."""

    schema_version: Literal[3] = 3
    weights_sha256: str | None
    data_sha256: str | None
    """None where it was calibrated on synthetic lesions."""
    settings: Settings
    samples: str = "calibration photos"
    """What was calibrated on, in words."""
    classes: Mapping[str, int]
    """Photos calibrated on, by class."""
    skin_types: Mapping[str, int]
    """The same photos by Fitzpatrick type."""
    ranges: Ranges
    quantization_error: Mapping[str, float]
    """By block: the Kullback-Leibler divergence, in nats, that int8 in it alone costs."""
    float_blocks: tuple[str, ...]
    """Blocks that stay in float: see `skinedge.lowering.quantization.sensitivity`."""
    corrections_sha256: str
    recalibrations: Mapping[Scheme, Recalibration]

    @model_validator(mode="before")
    @classmethod
    def _from_schema_2(cls, document: Any) -> Any:
        """Schema 2 had the same content under other names."""
        if not isinstance(document, dict) or document.get("schema_version") != 2:
            return document
        renamed = {_RENAMED_SINCE_2.get(name, name): value for name, value in document.items()}
        fitted = renamed.get("recalibrations")
        if isinstance(fitted, dict):
            renamed["recalibrations"] = {
                scheme: {"chosen_on" if name == "said" else name: value for name, value in one.items()}
                if isinstance(one, dict)
                else one
                for scheme, one in fitted.items()
            }
        return renamed | {"schema_version": 3}

    def blocks_in_float(self, quantization_error: float) -> tuple[str, ...]:
        """Those that int8 leaves in float, and those that cost more nats than this, in the order in which they run."""
        return tuple(
            name for name, nats in self.quantization_error.items() if nats > quantization_error or name in self.float_blocks
        )


@dataclass(frozen=True)
class Quantization:
    """Everything that makes one int8 network of one checkpoint."""

    plan: QuantizationPlan
    corrections: Mapping[Scheme, Corrections]


def save_quantization(folder: Path, quantization: Quantization) -> Path:
    """Writes it beside a checkpoint's weights. Returns the file for people."""
    data = _bytes(quantization.corrections)
    write_whole(folder / CORRECTIONS_FILE, data)
    text = quantization.plan.model_dump_json(indent=1)
    write_whole(folder / QUANTIZATION_FILE, text + "\n")
    return folder / QUANTIZATION_FILE


def corrections_sha256(corrections: Mapping[Scheme, Corrections]) -> str:
    """Fingerprint of the file that they are kept in."""
    return hashlib.sha256(_bytes(corrections)).hexdigest()


def load_quantization(folder: Path, contract: Contract) -> Quantization | None:
    """What a checkpoint with this contract carries, or None.

    Raises: LoweringError where it is damaged, or of another network.
    """
    again = "calibrate again with skinedge calibrate"
    path = folder / QUANTIZATION_FILE
    try:
        found = QuantizationPlan.model_validate_json(path.read_bytes())
        data = (folder / CORRECTIONS_FILE).read_bytes()
        kept = load(data)
    except FileNotFoundError:
        if path.exists():
            raise LoweringError(f"{folder} lacks {CORRECTIONS_FILE}, which {path.name} needs: {again}") from None
        return None
    except ValidationError as error:
        raise LoweringError(f"{path} is damaged ({error.errors()[0]['msg']}): {again}") from None
    except SafetensorError as error:
        raise LoweringError(f"{folder / CORRECTIONS_FILE} is damaged ({error}): {again}") from None
    if found.weights_sha256 != contract.weights_sha256:
        raise LoweringError(f"{path} is of another network: {again}")
    if found.corrections_sha256 != hashlib.sha256(data).hexdigest():
        raise LoweringError(f"{folder / CORRECTIONS_FILE} does not belong to {path.name}: {again}")
    corrections: dict[Scheme, Corrections] = {
        scheme: {key.removeprefix(f"{scheme}/"): kept[key] for key in kept if key.startswith(f"{scheme}/")}
        for scheme in get_args(Scheme)
    }
    return Quantization(found, corrections)


def _bytes(corrections: Mapping[Scheme, Corrections]) -> bytes:
    return save(
        {f"{scheme}/{name}": value.contiguous() for scheme, each in corrections.items() for name, value in each.items()}
    )
