"""`skinedge data check`: reads a data set strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder in the layout of PAD-UFES-20.")]) -> None:
    """Reads a data set strictly and says what it found.

    \b
    Example:
      skinedge data check pad-ufes-20
    """
    from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20

    print("\n".join(read_pad_ufes_20(folder).report.lines()))
