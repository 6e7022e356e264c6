"""`skinedge train`: trains a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from skinedge.commands.options import Data, Out, need_extra
from skinedge.files import check_place


def train(
    data: Data,
    out: Out,
    recipe: Annotated[str, typer.Option(help="edge, paper, or a TOML file.")] = "edge",
    split: Annotated[
        Literal["grouped", "pundhir2022", "none"],
        typer.Option(help="What to test on. grouped also trains five fold models; pundhir2022 leaks; none tests nothing."),
    ] = "grouped",
    weights: Annotated[
        str, typer.Option(help="imagenet (downloads), none, or a safetensors file of the backbone.")
    ] = "imagenet",
    devices: Annotated[int, typer.Option(help="How many GPUs or processes; 0 takes what is there.", min=0)] = 0,
    backbone: Annotated[
        str | None, typer.Option(help="Instead of the recipe's; then no block of it is frozen.", show_default=False)
    ] = None,
    fusion: Annotated[
        Literal["none", "concat", "metanet", "metablock", "visual_attention", "product"] | None,
        typer.Option(help="How photo and answers meet, instead of the recipe's.", show_default=False),
    ] = None,
    sr_target: Annotated[
        Literal["none", "bilinear", "bicubic", "edsr", "ninasr"] | None,
        typer.Option(help="What the decoder reconstructs, instead of the recipe's.", show_default=False),
    ] = None,
    sr_weights: Annotated[
        Path | None, typer.Option(help="Weights of edsr or ninasr, made by skinedge upscaler.", metavar="FILE")
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a finished run to learn from; may be given again.", metavar="RUN", show_default=False),
    ] = None,
    epochs: Annotated[int, typer.Option(help="Instead of the recipe's; 0 keeps it.", min=0)] = 0,
    seed: Annotated[int | None, typer.Option(help="Instead of the recipe's.", min=0, show_default=False)] = None,
) -> None:
    """Trains a model and writes OUT/checkpoint with its model card.

    A run that was stopped goes on where it was when the same command is given again.

    \b
    Example:
      skinedge train --data pad-ufes-20 --out runs/edge --weights imagenet
    """
    need_extra("train", "lightning")
    check_place(out, "--out", "folder")
    from skinedge.api.load_dataset import load_dataset
    from skinedge.api.train import train as run
    from skinedge.evaluation.run_folder import CHECKPOINT
    from skinedge.training.recipe import load_recipe

    given = {"backbone": backbone, "fusion": fusion, "sr_target": sr_target, "epochs": epochs or None, "seed": seed}
    settings = load_recipe(recipe).changed(**{name: value for name, value in given.items() if value is not None})
    found = load_dataset(data)
    for line in found.report.lines():
        print(line, file=sys.stderr)
    run(
        found,
        out=out,
        recipe=settings,
        split=split,
        weights=weights,
        sr_weights=sr_weights,
        teachers=teacher or (),
        devices=devices or "auto",
    )
    print(out / CHECKPOINT)
