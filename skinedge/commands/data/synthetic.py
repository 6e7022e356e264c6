"""`skinedge data synthetic`: draws a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.files import check_place


def synthetic(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to draw into.")],
    photos: Annotated[int, typer.Option(help="How many lesions to draw.", min=6)] = 120,
    seed: Annotated[int, typer.Option(help="Another number draws other lesions.", min=0)] = 0,
) -> None:
    """Draws lesions with made-up answers in the layout of PAD-UFES-20, so that every command runs without a download.

    \b
    Example:
      skinedge data synthetic build/synthetic --photos 120
    """
    from skinedge.datasets.synthetic import write_synthetic

    check_place(folder, "FOLDER", "folder")
    print(write_synthetic(folder, photos=photos, seed=seed))
