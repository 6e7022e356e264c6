"""What training leaves behind: a folder with the weights of the classifier, its contract and its card."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save

from skinedge.contract import Contract
from skinedge.errors import ContractError, TamperError
from skinedge.models import backbones
from skinedge.models.clinical import AnswersHead
from skinedge.models.lesion_net import LesionNet
from skinedge.training.recipe import Recipe

WEIGHTS_FILE = "model.safetensors"
RECIPE_FILE = "recipe.json"


@dataclass(frozen=True)
class Checkpoint:
    """A trained classifier without its decoder. `net` is in eval mode."""

    net: LesionNet
    contract: Contract
    recipe: Recipe


def save_checkpoint(folder: Path, net: LesionNet, contract: Contract, recipe: Recipe) -> Contract:
    """Writes weights, contract and recipe; the decoder is left out. Returns the contract with the weights' hash."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {k: v.detach().cpu().contiguous() for k, v in net.state_dict().items() if not k.startswith("decoder.")}
    data = save(state)
    contract = contract.model_copy(update={"weights_sha256": hashlib.sha256(data).hexdigest()})
    (folder / WEIGHTS_FILE).write_bytes(data)
    (folder / RECIPE_FILE).write_text(recipe.model_dump_json(indent=2) + "\n", encoding="utf-8")
    contract.save(folder)
    return contract


def load_checkpoint(folder: Path) -> Checkpoint:
    """Reads what `save_checkpoint` wrote.

    Raises: ContractError where a part is missing or does not fit; TamperError where the weights are not the contract's.
    """
    contract = Contract.load(folder)
    try:
        data = (folder / WEIGHTS_FILE).read_bytes()
        recipe = Recipe.model_validate_json((folder / RECIPE_FILE).read_bytes())
    except OSError as error:
        raise ContractError(
            f"{folder} is not a checkpoint: no {Path(error.filename).name}; give one made by train"
        ) from None
    except ValueError as error:
        raise ContractError(f"{folder / RECIPE_FILE} cannot be used: {str(error).splitlines()[0]}") from None
    if contract.weights_sha256 != hashlib.sha256(data).hexdigest():
        raise TamperError(f"{folder / WEIGHTS_FILE} is not the file that the contract names: copy the checkpoint again")
    net = build_net(recipe, contract, weights="none")
    if recipe.answers_weight:
        net.answers_head = AnswersHead(net.answer_encoder.width, len(contract.labels), weight=recipe.answers_weight)
    try:
        net.load_state_dict(load(data))
    except (RuntimeError, SafetensorError) as error:
        raise ContractError(f"{folder / WEIGHTS_FILE} does not fit its contract: {str(error).splitlines()[-1]}") from None
    return Checkpoint(net.eval(), contract, recipe)


def build_net(recipe: Recipe, contract: Contract, *, weights: str, with_decoder: bool = False) -> LesionNet:
    """An untrained network for a contract; `weights` as in `backbones.with_weights`."""
    backbone = backbones.with_weights(contract.backbone, weights)
    return LesionNet(
        backbone,
        contract.fields,
        labels=len(contract.labels),
        fusion=contract.fusion,
        dropout=recipe.dropout,
        with_decoder=with_decoder,
    )
