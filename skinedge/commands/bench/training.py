"""`skinedge bench training`: how fast training is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import Data, need_extra
from skinedge.files import check_place


def training(
    data: Data,
    out: Annotated[Path, typer.Option(help="Results, as JSON.", metavar="FILE")],
    recipe: Annotated[str, typer.Option(help="edge, paper, or a TOML file.")] = "edge",
    epochs: Annotated[int, typer.Option(help="Of each loop, in turns.", min=2)] = 3,
    photos: Annotated[int, typer.Option(help="How many photos an epoch has at most.", min=32)] = 256,
    workers: Annotated[int, typer.Option(help="Processes that decode for the plain loop.", min=0)] = 2,
) -> None:
    """Measures images a second in training, ours against a plain loop that decodes and changes each photo each time.

    \b
    Example:
      skinedge bench training --data pad-ufes-20 --out training.json
    """
    need_extra("train", "lightning")
    check_place(out, "--out")
    from skinedge.benchmark.training_speed import measure, save
    from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
    from skinedge.training.recipe import load_recipe

    speed = measure(read_pad_ufes_20(data), load_recipe(recipe), epochs=epochs, photos=photos, workers=workers)
    save(speed, out)
    times = speed.times_as_fast
    print(
        f"{speed.photos} photos at {speed.side_px} px: {max(speed.ours):.1f} images a second, a plain loop "
        f"{max(speed.plain):.1f}; {times.value:.2f} times as fast ({times.low:.2f} to {times.high:.2f}), after "
        f"{speed.reading_s:.1f} s of reading"
    )
