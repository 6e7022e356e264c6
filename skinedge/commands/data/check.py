"""`skinedge data check`: reads a data set strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder in the layout of PAD-UFES-20.")],
    deep: Annotated[bool, typer.Option("--deep", help="Open every photo that has a row, too; takes minutes.")] = False,
) -> None:
    """Reads a data set strictly and says what it found, in folders that it links to, too.

    With --deep, it exits with 1 where a photo cannot be used, and says why, a line each.

    \b
    Example:
      skinedge data check pad-ufes-20
      skinedge data check pad-ufes-20 --deep
    """
    from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
    from skinedge.datasets.photo_files import unusable_photos
    from skinedge.errors import DataError
    from skinedge.progress import track

    data = read_pad_ufes_20(folder)
    print("\n".join(data.report.lines()))
    if deep:
        photos = [record.photo for record in data.records if record.photo]
        problems = [problem for problem in track(unusable_photos(photos), "opening photos", total=len(photos)) if problem]
        print("\n".join([*problems, f"{len(photos)} photos opened, {len(problems)} cannot be used"]))
        if problems:
            raise DataError(f"{len(problems)} of {len(photos)} photos cannot be used, see above: replace or remove them")
