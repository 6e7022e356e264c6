"""`skinedge calibrate`: how a network becomes int8, found on photos."""

from __future__ import annotations

import sys
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
    from skinedge.api.calibrate import calibrate as run
    from skinedge.api.load_dataset import load_dataset
    from skinedge.contract import Contract
    from skinedge.evaluation.run_folder import checkpoint_in
    from skinedge.lowering.display import print_calibration

    folder = checkpoint_in(model)
    check_place(folder, "--model", "folder")
    photos = load_dataset(data)
    if Contract.load(folder).data_sha256 != photos.sha256():
        print(f"The model was not trained on {data} as it is now: int8 is fitted to these photos.", file=sys.stderr)
    print_calibration(run(model, photos, target=target), as_json=as_json)
