"""`skinedge audit`: what carries a result."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from skinedge.commands.options import AsJson, need_extra
from skinedge.files import check_place, check_suffix


def audit(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder in the layout of PAD-UFES-20.")],
    split: Annotated[
        Literal["grouped", "pundhir2022", "all"], typer.Option(help="Whose partitions to compare; all has none.")
    ] = "grouped",
    model: Annotated[
        Path | None,
        typer.Option(help="Folder of a bundle, a checkpoint or a training run to audit too.", show_default=False),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Page to write, such as audit.html.", show_default=False)] = None,
    photos: Annotated[int, typer.Option(help="How many photos the model is asked about under each change.", min=1)] = 120,
    as_json: AsJson = False,
) -> None:
    """Says what in a data set and its split carries a result, and whether a model uses what it must not.

    Looks for patients, lesions and pictures in both partitions of the split; measures what missing answers, answers, simple
    colours, pen marks and file sizes tell by themselves; and asks a model again without answers, and in other light,
    blurred, turned and zoomed.

    \b
    Example:
      skinedge audit pad-ufes-20 --split pundhir2022 --model build/android --out audit.html
    """
    need_extra("train", "sklearn", "matplotlib", "jinja2", "cv2")
    from rich.console import Console

    from skinedge import __version__
    from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
    from skinedge.evaluation.audit.page import write_page
    from skinedge.evaluation.audit.run import audit as run
    from skinedge.evaluation.audit.table import changes_table, figures_table, findings_table

    if out:
        check_suffix(out, "--out", ".html", ".htm")
        check_place(out, "--out")
    opened = None
    if model:
        from skinedge.evaluation.open_models import open_model

        opened = open_model(model)
    report = run(read_pad_ufes_20(data), split, opened, version=__version__, photos=photos)
    if out:
        print(write_page(report, out), file=sys.stderr)
    if as_json:
        print(report.model_dump_json())
        return
    console = Console()
    console.print(findings_table(report))
    console.print(figures_table(report))
    if report.model:
        console.print(changes_table(report.model.blanking, "Answers left out"))
        console.print(changes_table(report.model.robustness, "Photos changed"))
