"""A checkpoint: the folder that training writes, with the weights of the classifier, its contract and its card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from skinedge.contract import Contract
from skinedge.errors import ContractError, TamperError
from skinedge.models.inference import InferenceModule
from skinedge.models.lesion_net import build_answers_head, build_network

WEIGHTS_FILE = "model.safetensors"
RECIPE_FILE = "recipe.json"
"""How the network was trained: a record for people, which loading never reads."""

_RENAMED = {"join.": "fuse."}
"""Beginnings of the names of weights in checkpoints of earlier versions."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained classifier without its decoder. `net` is in eval mode."""

    net: nn.Module
    """Normalised pixels (B, 3, H, W) and raw answers (B, F) to logits (B, L): a `LesionNet`, or one like it."""
    contract: Contract

    def inference_module(self) -> InferenceModule:
        """The module that is exported, in float32 and in eval mode."""
        return InferenceModule(self.contract, self.net).eval()


def weights_bytes(net: nn.Module) -> bytes:
    """The file of a network's weights, without those of a decoder."""
    kept = {name: value for name, value in net.state_dict().items() if not name.startswith("decoder.")}
    # Copies, as the format has no weights that two layers share.
    return save({name: value.detach().cpu().clone().contiguous() for name, value in kept.items()})


def weights_sha256(net: nn.Module) -> str:
    """SHA-256 of that file, as 64 hexadecimal digits."""
    return hashlib.sha256(weights_bytes(net)).hexdigest()


def save_checkpoint(folder: Path, net: nn.Module, contract: Contract, recipe: Mapping[str, Any] | None = None) -> Contract:
    """Writes weights, contract and, where there is one, the record of the training; the decoder is left out.

    Returns: the contract with the weights' hash.
    Raises: ContractError where a weight is not a finite number; nothing is written then.
    """
    check_finite(net, "the network cannot be saved", "train it anew with a lower learning rate")
    folder.mkdir(parents=True, exist_ok=True)
    data = weights_bytes(net)
    contract = contract.model_copy(update={"weights_sha256": hashlib.sha256(data).hexdigest()})
    (folder / WEIGHTS_FILE).write_bytes(data)
    if recipe is not None:
        (folder / RECIPE_FILE).write_text(json.dumps(dict(recipe), indent=2) + "\n", encoding="utf-8")
    contract.save(folder)
    return contract


def check_finite(net: nn.Module, what: str, todo: str) -> None:
    """Raises: ContractError, which begins and ends with these words, where a weight is no finite number."""
    state = {name: value for name, value in net.state_dict().items() if value.is_floating_point()}
    broken = {name: int((~value.isfinite()).sum()) for name, value in state.items() if not value.isfinite().all()}
    if broken:
        count, first = sum(value.numel() for value in state.values()), next(iter(broken))
        raise ContractError(
            f"{what}: {sum(broken.values()):,} of its {count:,} weights are not finite numbers, first in {first}; {todo}"
        )


def load_checkpoint(folder: Path) -> Checkpoint:
    """Reads what `save_checkpoint` wrote, in this version or in one whose contracts were of schema 1.

    Raises: ContractError where a part is missing or does not fit, or a weight is no finite number; TamperError where the
        weights are not the contract's.
    """
    contract = Contract.load(folder)
    try:
        data = (folder / WEIGHTS_FILE).read_bytes()
    except OSError:
        raise ContractError(f"{folder} is not a checkpoint: no {WEIGHTS_FILE}; give one made by train") from None
    if contract.weights_sha256 != hashlib.sha256(data).hexdigest():
        raise TamperError(f"{folder / WEIGHTS_FILE} is not the file that the contract names: copy the checkpoint again")
    net = build_network(contract)
    if contract.network.answers_head_weight:
        net.answers_head = build_answers_head(contract, net.answer_encoder.width)
    try:
        net.load_state_dict({_renamed(name): weights for name, weights in load(data).items()})
    except (RuntimeError, SafetensorError) as error:
        raise ContractError(f"{folder / WEIGHTS_FILE} does not fit its contract: {str(error).splitlines()[-1]}") from None
    check_finite(net, f"{folder / WEIGHTS_FILE} cannot be used", "train the model anew")
    return Checkpoint(net.eval(), contract)


def load_recipe_record(folder: Path) -> dict[str, Any]:
    """The recipe that the network of a checkpoint was trained with, as its training recorded it.

    Raises: ContractError where there is no such record, or it cannot be read.
    """
    path = folder / RECIPE_FILE
    try:
        found = json.loads(path.read_bytes())
    except OSError:
        raise ContractError(
            f"no {RECIPE_FILE} in {folder}: it says how the model was trained; give one made by train"
        ) from None
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{path} cannot be used: {error}; give a checkpoint made by train") from None
    if not isinstance(found, dict):
        raise ContractError(f"{path} cannot be used: expected the settings of a recipe; give a checkpoint made by train")
    return found


def _renamed(name: str) -> str:
    old = next((old for old in _RENAMED if name.startswith(old)), "")
    return _RENAMED[old] + name.removeprefix(old) if old else name
