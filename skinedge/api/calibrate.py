"""`calibrate`: how a network becomes int8, found on photos."""

from __future__ import annotations

from pathlib import Path

from skinedge.api.load_dataset import as_dataset
from skinedge.api.load_model import as_folder
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.evaluation.run_folder import checkpoint_in
from skinedge.files import explaining
from skinedge.lowering.quantization.calibration import calibrate_checkpoint
from skinedge.lowering.quantization.plan import QuantizationPlan
from skinedge.lowering.recipe import load_export_recipe


@explaining()
def calibrate(model: str | Path, data: DataSet | str | Path, *, target: str | Path = "android") -> QuantizationPlan:
    """Finds on photos how a network becomes int8, and keeps it in its checkpoint, for exports without photos.

    Measures the ranges of activations, chooses the blocks that stay in float, corrects the biases of the others, and
    matches temperature and thresholds to those of fp32. Minutes, for the default model.

    Args:
        model: folder of a checkpoint or of a training run.
        data: see `load_dataset`.
        target: whose recipe says how, and what int8 must keep: a target's name, or a TOML file.

    Returns: what was found; `quantization.json` of the checkpoint holds it.

    Raises:
        ContractError: the folder holds no checkpoint, or a damaged one.
        LoweringError: no choice of blocks keeps the limits.
        DataError: there is no photo, or one cannot be used.

    Example:
        >>> plan = calibrate("run", load_dataset("lesions"))
        >>> plan.float_blocks, plan.recalibrations["all"].temperature
    """
    recipe = load_export_recipe(str(target)).at("int8")
    return calibrate_checkpoint(
        checkpoint_in(as_folder(model)), as_dataset(data), recipe.quantization, recipe.limits["int8"]
    ).plan
