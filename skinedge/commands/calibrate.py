"""`skinedge calibrate`: how a network becomes int8, found on photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import AsJson, Data, need_extra
from skinedge.files import check_place


def calibrate(
    data: Data,
    model: Annotated[Path, typer.Option(help="Folder of a checkpoint or of a training run.", metavar="FOLDER")],
    target: Annotated[str, typer.Option(help="Whose recipe says how, and what int8 must keep.")] = "android",
    as_json: AsJson = False,
) -> None:
    """Finds on photos how the network becomes int8, and keeps it in the checkpoint, for exports without photos.

    Measures the ranges of activations, chooses the blocks that stay in float, corrects the biases of the others, and
    matches temperature and refer threshold to those of fp32.

    \b
    Example:
      skinedge calibrate --data pad-ufes-20 --model runs/edge/checkpoint
    """
    need_extra("export", "torchao")
    from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
    from skinedge.evaluation.run_folder import checkpoint_in
    from skinedge.lowering.display import print_calibration
    from skinedge.lowering.quantization.calibration import calibrate_checkpoint
    from skinedge.lowering.recipe import load_export_recipe

    checkpoint = checkpoint_in(model)
    check_place(checkpoint, "--model", "folder")
    recipe = load_export_recipe(target).at("int8")
    quantization = calibrate_checkpoint(checkpoint, read_pad_ufes_20(data), recipe.quantization, recipe.limits["int8"])
    print_calibration(quantization.plan, as_json=as_json)
