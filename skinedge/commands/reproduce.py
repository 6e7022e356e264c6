"""`skinedge reproduce`: the paper's tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from skinedge.commands.options import Out, need_extra
from skinedge.files import check_place


def reproduce(
    out: Out,
    data: Annotated[
        Path | None, typer.Option(help="Folder in the layout of PAD-UFES-20; synthetic lesions without.", metavar="FOLDER")
    ] = None,
    table: Annotated[list[int] | None, typer.Option(help="1, 2 or 3; may be given again.", show_default="all")] = None,
    preset: Annotated[
        Literal["paper", "cpu", "smoke"],
        typer.Option(help="paper: 70 epochs, all backbones; cpu: few epochs of MobileNet-V2; smoke: all cells, tiny."),
    ] = "paper",
    weights: Annotated[
        list[str] | None,
        typer.Option(help="BACKBONE=imagenet, =none or =FILE; may be given again.", show_default="imagenet for all"),
    ] = None,
    sr_weights: Annotated[
        list[str] | None, typer.Option(help="edsr=FILE or ninasr=FILE, made by skinedge upscaler.", show_default=False)
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for tables and figures.", show_default="that of --out", metavar="FOLDER")
    ] = None,
    epochs: Annotated[int, typer.Option(help="Instead of the preset's; 0 keeps them.", min=0)] = 0,
) -> None:
    """Trains what the paper's tables compare, under both protocols, and writes results.md, results.csv and figures.

    A run that was stopped goes on when the same command is given again; what is done is skipped.

    \b
    Example:
      skinedge reproduce --preset smoke --out build/smoke
    """
    need_extra("train", "lightning", "torchsr")
    check_place(out, "--out", "folder")
    check_place(report or out, "--report", "folder")
    from skinedge.reproduction.tables import reproduce as run

    command = " ".join(["skinedge", *sys.argv[1:]])
    for path in run(
        data,
        out,
        report=report,
        tables=table,
        preset=preset,
        weights=weights or [],
        sr_weights=sr_weights or [],
        epochs=epochs,
        command=command,
    ):
        print(path)
