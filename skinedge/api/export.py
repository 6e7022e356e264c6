"""`export`: where any network becomes a bundle, or does not where it breaks a limit."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from skinedge.api.lesion_classifier import LesionClassifier
from skinedge.api.load_model import load_model
from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.errors import ContractError, LoweringError, SignatureError
from skinedge.evaluation.card import contract_card
from skinedge.files import check_place, explaining
from skinedge.lowering.export import Exported, check_out, export_checkpoint
from skinedge.lowering.export import export as export_network
from skinedge.lowering.quantization.calibration import calibrate, calibrate_on_synthetic_lesions
from skinedge.lowering.quantization.network_graph import with_submodules
from skinedge.lowering.quantization.plan import Quantization
from skinedge.lowering.recipe import ExportRecipe, load_export_recipe
from skinedge.models.checkpoint import Checkpoint, weights_sha256
from skinedge.models.inference import example_inputs
from skinedge.runtime.bundle import Precision
from skinedge.runtime.keys import PASSPHRASE_VARIABLE, load_private_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@explaining()
def export(
    model: LesionClassifier | nn.Module | str | Path,
    contract: Contract | None = None,
    *,
    out: str | Path,
    target: str | Path = "android",
    precision: Precision | None = None,
    data: DataSet | None = None,
    key: str | Path | Ed25519PrivateKey | None = None,
    report: str | Path | None = None,
) -> Exported:
    """Exports a network to a bundle that takes raw pixels and raw answers, or fails and leaves `out` as it was.

    Preprocessing and calibration are put around the network, and the program is compared with it on synthetic lesions, and
    on the photos of `data` where they are given. Where it breaks a limit of the target's recipe, nothing is written.

    Args:
        model: a loaded model; "default", or the folder of a checkpoint or of a training run; or any torch module that takes
            normalised pixels (B, 3, side, side) and raw answers (B, F) to logits (B, L).
        contract: what such a module takes and gives, with side and range of pixels in `Contract.model`. For a model of ours,
            instead of its own: with other thresholds, say.
        out: folder of the bundle.
        target: "android", "ios", "onnx", "tflite", another that is registered, or a TOML file like those in export/.
        precision: instead of the recipe's.
        data: to compare on, and for int8 to calibrate on where that was not done before. A module of yours is calibrated on
            synthetic lesions without it, and the bundle's contract says so.
        key: private key, or its file, to sign with. A passphrase comes from the variable SKINEDGE_KEY_PASSPHRASE.
        report: for a page on what was lost against fp32: a name ending in .html, or a folder.

    Returns: the bundle, and how far its program is from fp32.

    Raises:
        GateError: the program breaks a limit.
        LoweringError: the network cannot be lowered, or int8 lacks photos to calibrate on.
        ConfigError: the target or precision is unknown, a package is missing, `out` holds something else, or nothing can be
            written there.
        ContractError: the folder holds no checkpoint, or the module does not fit its contract.
        SignatureError: the key cannot be used.

    Example:
        >>> made = export("default", out="bundle", target="onnx")
        >>> made.bundle.contract.refer.value, [parity.decision_agreement for parity in made.comparisons]
    """
    recipe, place = load_export_recipe(str(target)).at(precision), Path(out)
    check_place(place, "out", "swapped folder")
    signing_key = load_private_key(Path(key), _passphrase) if isinstance(key, str | Path) else key
    page = None if report is None else Path(report)
    if page:
        check_place(page, "report", "file" if page.suffix == ".html" else "folder")
    if isinstance(model, str | Path):
        model = load_model(model)
    if isinstance(model, LesionClassifier) and contract is None:
        folder = model.unchanged_checkpoint()
        if folder is not None:
            return export_checkpoint(folder, recipe, place, data=data, key=signing_key, report=page)
    check_out(place)
    checkpoint = _in_memory(model, contract)
    return export_network(
        checkpoint,
        recipe,
        place,
        quantization=_quantization(checkpoint, recipe, data, of_ours=isinstance(model, LesionClassifier)),
        card=contract_card(checkpoint.contract),
        data=data,
        key=signing_key,
        report=page,
    )


def _in_memory(model: nn.Module, contract: Contract | None) -> Checkpoint:
    """A copy of a network on the CPU, in eval mode, with the contract of its weights.

    Raises: ContractError where it does not fit its contract.
    """
    network = model
    if isinstance(model, LesionClassifier):
        network, contract = model.network, contract or model.current_contract()
    if contract is None or contract.model is None:
        raise ContractError(
            f"{type(model).__name__} needs a contract that says side and range of its pixels: give "
            'Contract(…, model=ModelConfig(backbone="yours", side_px=224))'
        )
    network = copy.deepcopy(network).cpu().eval()
    contract = contract.model_copy(update={"weights_sha256": weights_sha256(network)})
    checkpoint = Checkpoint(with_submodules(network), contract)
    try:
        with torch.no_grad():
            shape = tuple(checkpoint.inference_module()(*example_inputs(contract)).shape)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise ContractError(f"{type(model).__name__} does not take what its contract says: {error}") from None
    if shape != (1, len(contract.labels)):
        raise ContractError(
            f"{type(model).__name__} gives {shape} for one photo, expected (1, {len(contract.labels)}): a logit for each of "
            f"{', '.join(contract.labels)}"
        )
    return checkpoint


def _quantization(
    checkpoint: Checkpoint, recipe: ExportRecipe, data: DataSet | None, *, of_ours: bool
) -> Quantization | None:
    """How a network in memory becomes int8; None where it does not.

    Raises: LoweringError where a network of ours comes without photos: it is one that people will be screened with.
    """
    if recipe.precision != "int8":
        return None
    settings, limits = recipe.quantization, recipe.limits["int8"]
    if data is not None:
        return calibrate(checkpoint, data, settings, limits)
    if of_ours:
        raise LoweringError(
            "int8 of these weights was not calibrated yet: give photos with data=load_dataset(…), or precision='fp32'"
        )
    return calibrate_on_synthetic_lesions(checkpoint, settings, limits)


def _passphrase() -> str:
    passphrase = os.environ.get(PASSPHRASE_VARIABLE)
    if passphrase is None:
        raise SignatureError(f"the key has a passphrase: set {PASSPHRASE_VARIABLE}")
    return passphrase
