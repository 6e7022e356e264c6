"""`skinedge export`: from a checkpoint to a bundle."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from skinedge.commands.options import AsJson, Out, ask_passphrase, need_extra
from skinedge.files import check_place

Report = Annotated[
    Path | None,
    typer.Option(help="Page on what was lost against fp32: a name ending in .html, or a folder.", show_default=False),
]


def export(
    target: Annotated[str, typer.Option(help="android, ios, onnx, tflite, all, or a TOML file like those in export/.")],
    out: Out,
    model: Annotated[
        Path | None,
        typer.Option(help="Folder of a checkpoint or of a training run.", show_default="the model of this install"),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Photos to compare on.", metavar="FOLDER")] = None,
    precision: Annotated[
        Literal["int8", "fp16", "fp32"] | None, typer.Option(help="Instead of the recipe's.", show_default=False)
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Private key to sign the bundle with.", metavar="KEY", show_default=False)
    ] = None,
    report: Report = None,
    app: Annotated[
        Path | None,
        typer.Option(help="Android app that gets the bundle among its assets too.", metavar="FOLDER", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Exports a checkpoint to a bundle that takes raw pixels and raw answers, or fails and leaves OUT as it was.

    With --target all, every target that is installed goes to OUT/TARGET-PRECISION in every precision of its recipe, or in
    that of --precision. With --app, an Android app's src/main/assets/bundle becomes a copy without the golden photos.

    \b
    Example:
      skinedge export --target android --out build/android
      skinedge export --target android --out build/android --app android_demo/app
      skinedge export --target all --data pad-ufes-20 --report build/reports --out build/all
    """
    need_extra("export", "torchao")
    from skinedge.api.export import export as run
    from skinedge.api.load_dataset import load_dataset
    from skinedge.default_model import default_checkpoint
    from skinedge.errors import ConfigError, LoweringError
    from skinedge.evaluation.run_folder import checkpoint_in
    from skinedge.lowering.app_assets import app_assets, lay_bundle
    from skinedge.lowering.backends.registry import get_backend
    from skinedge.lowering.display import print_all, print_export
    from skinedge.lowering.export_all import export_all
    from skinedge.lowering.recipe import load_export_recipe
    from skinedge.runtime.keys import load_private_key

    check_place(out, "--out", "swapped folder" if target != "all" else "folder")
    if report:
        check_place(report, "--report", "file" if report.suffix == ".html" else "folder")
    recipe = load_export_recipe(target).at(precision) if target != "all" else None
    if app and (recipe is None or recipe.target != "android"):
        raise ConfigError(f"--app takes a bundle for Android: got --target {target}, expected --target android")
    assets = app_assets(app) if app else None
    if recipe is not None:
        get_backend(recipe.target).require_packages()
    checkpoint = checkpoint_in(model or default_checkpoint())
    # Asked for at once: nobody waits at the screen for an export to want a passphrase.
    signing_key = load_private_key(key, ask_passphrase) if key else None
    found = load_dataset(data) if data else None
    if recipe is not None:
        exported = run(checkpoint, out=out, target=target, precision=precision, data=found, key=signing_key, report=report)
        print_export(exported, as_json=as_json)
        if assets:
            print(f"the app has it in {lay_bundle(out, assets)}", file=sys.stderr)
        return
    outcomes = list(export_all(checkpoint, out, precision=precision, data=found, key=signing_key, report=report))
    print_all(outcomes, as_json=as_json)
    failed = [outcome.name for outcome in outcomes if outcome.failed]
    if failed:
        raise LoweringError(f"{len(failed)} of {len(outcomes)} were not written: {', '.join(failed)}; see why above")
