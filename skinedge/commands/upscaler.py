"""`skinedge upscaler`: the networks that some of the decoder's targets need."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from skinedge.commands.options import Data, need_extra
from skinedge.files import check_place


def upscaler(
    data: Data,
    sr_target: Annotated[Literal["edsr", "ninasr"], typer.Option(help="Which network.")],
    out: Annotated[Path, typer.Option(help="Safetensors file to write.", metavar="FILE")],
    steps: Annotated[int, typer.Option(help="Batches of eight crops.", min=1)] = 2000,
) -> None:
    """Trains a small network that doubles photos, as a target for the decoder where no published weights can be had.

    \b
    Example:
      skinedge upscaler --data pad-ufes-20 --sr-target ninasr --out ninasr.safetensors
    """
    need_extra("train", "torchsr")
    check_place(out, "--out")
    from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
    from skinedge.training.upscaler import train_upscaler

    psnr_db = train_upscaler(read_pad_ufes_20(data), sr_target, out, steps=steps)
    print(f"{out}: {psnr_db:.1f} dB on crops not yet learnt from")
