"""`skinedge data synthetic`: draws a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def synthetic(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    photos: Annotated[int, typer.Option(help="How many lesions to draw.", min=6)] = 120,
    seed: int = 0,
) -> None:
    """Draws lesions with made-up answers in the layout of PAD-UFES-20, so that every command runs without a download.

    \b
    Example:
      skinedge data synthetic build/drawn --photos 120
    """
    from skinedge.datasets.synthetic import write_synthetic

    print(write_synthetic(folder, photos=photos, seed=seed))
