"""`skinedge evaluate`: measures a model on a data set."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from skinedge.commands.options import AsJson, Data, need_extra


def evaluate(
    model: Annotated[Path, typer.Option(help="Folder of a bundle, a checkpoint or a training run.")],
    data: Data,
    split: Annotated[
        Literal["grouped", "pundhir2022", "all"], typer.Option(help="Which photos; pundhir2022 is a leaking split.")
    ] = "all",
    as_json: AsJson = False,
) -> None:
    """Asks a model about the photos of a data set and measures its answers, with intervals over patients.

    \b
    Example:
      skinedge evaluate --model build/android --data pad-ufes-20 --split all --json
    """
    need_extra("train", "sklearn", "torch")
    from rich.console import Console

    from skinedge.api.evaluate import evaluate as run
    from skinedge.api.load_dataset import load_dataset
    from skinedge.evaluation.table import metrics_table

    measured = run(model, load_dataset(data), split=split)
    if measured.seen_in_training:
        print("The model was trained on this data set: these figures say nothing of new patients.", file=sys.stderr)
    if as_json:
        print(measured.model_dump_json())
    else:
        Console().print(metrics_table(measured))
