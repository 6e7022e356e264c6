"""For those who put models on phones: calibrating and exporting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from skinedge.commands.options import DEFAULT_CHECKPOINT, AsJson, Data, Out, ask_passphrase, need_extra


def export(
    target: Annotated[str, typer.Option(help="android, ios, onnx, tflite, or a TOML file like those in export/.")],
    out: Out,
    model: Annotated[
        Path, typer.Option(help="Folder of a checkpoint.", show_default="the model of this install")
    ] = DEFAULT_CHECKPOINT,
    data: Annotated[Path | None, typer.Option(help="Photos to calibrate on and to compare with.", metavar="FOLDER")] = None,
    precision: Annotated[
        Literal["int8", "fp16", "fp32"] | None, typer.Option(help="Instead of the recipe's.", show_default=False)
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Private key to sign the bundle with.", metavar="KEY", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Exports a checkpoint to a bundle that takes raw pixels and raw answers, or fails and leaves OUT as it was.

    \b
    Example:
      skinedge export --target android --out build/android
    """
    need_extra("export", "coremltools", "executorch", "onnxscript")
    from skinedge.data.pad_ufes_20 import read_pad_ufes_20
    from skinedge.lowering.display import print_export
    from skinedge.lowering.export import export as run
    from skinedge.lowering.recipe import load_export_recipe
    from skinedge.lowering.targets import BACKENDS
    from skinedge.runtime.keys import load_private_key

    recipe = load_export_recipe(target).at(precision)
    backend = BACKENDS[recipe.target]
    need_extra(backend.extra, *(package.replace("-", "_") for package in backend.packages))
    # Asked for at once: nobody waits at the screen for an export to want a passphrase.
    signing_key = load_private_key(key, ask_passphrase) if key else None
    found = read_pad_ufes_20(data) if data else None
    print_export(run(model, recipe, out, data=found, key=signing_key), as_json=as_json)


def calibrate(
    data: Data,
    model: Annotated[Path, typer.Option(help="Folder of a checkpoint.", metavar="CHECKPOINT")],
    photos: Annotated[int, typer.Option(help="How many photos, of every class alike.", min=1)] = 200,
) -> None:
    """Measures the ranges of activations on photos and keeps them in the checkpoint, for int8 exports without photos.

    \b
    Example:
      skinedge calibrate --data pad-ufes-20 --model runs/edge/checkpoint
    """
    need_extra("export", "executorch")
    from skinedge.data.pad_ufes_20 import read_pad_ufes_20
    from skinedge.lowering.export import calibrate_checkpoint

    print(calibrate_checkpoint(model, read_pad_ufes_20(data), photos=photos))
