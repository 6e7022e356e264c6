"""`skinedge card`: the model card of a run, made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import Data, need_extra
from skinedge.files import check_place


def card(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that skinedge train wrote.")],
    data: Data,
) -> None:
    """Writes the model card of a finished run anew, with its pictures, and trains nothing.

    \b
    Example:
      skinedge card runs/edge --data pad-ufes-20
    """
    need_extra("train", "lightning")
    check_place(run, "RUN", "folder")
    from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
    from skinedge.evaluation.run_folder import checkpoint_in
    from skinedge.training.finished import write_card

    print(write_card(checkpoint_in(run), run, read_pad_ufes_20(data)))
