"""Writes the card of a finished run again from its files, without training."""

from __future__ import annotations

from pathlib import Path

from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.evaluation.card import CARD_FILE, save_card
from skinedge.evaluation.out_of_fold import OUT_OF_FOLD_FILE, OutOfFold
from skinedge.evaluation.reference import reference_scores
from skinedge.evaluation.report import report
from skinedge.evaluation.run_folder import Run
from skinedge.files import write_whole
from skinedge.models.checkpoint import load_checkpoint, load_recipe_record
from skinedge.reference_scores import REFERENCE_FILE


def write_card(checkpoint: Path, run_folder: Path, data: DataSet) -> Path:
    """Writes card, pictures, `evaluation.json` and reference scores into the checkpoint of a run.

    All are made from the predictions that the run kept. Returns: the card's path.
    Raises: ContractError where the run is not finished; DataError where it was trained on other data.
    """
    run = Run.load(run_folder)
    # A folder may hold predictions of an earlier run with another split.
    tested = None if run.split == "none" else OutOfFold.load(run_folder / OUT_OF_FOLD_FILE)
    return card_of(checkpoint, run, data, tested)


def card_of(checkpoint: Path, run: Run, data: DataSet, tested: OutOfFold | None) -> Path:
    """The same from a run and its predictions. Raises: see `write_card`."""
    made = load_checkpoint(checkpoint)
    measured = report(made.contract, load_recipe_record(checkpoint), run, data, tested)
    predictions = None if tested is None else tested.predictions(made.contract, data)
    save_card(checkpoint, measured, predictions)
    if predictions is not None:
        scores = reference_scores(made.contract, predictions, protocol=run.split)
        write_whole(checkpoint / REFERENCE_FILE, scores.model_dump_json() + "\n")
    return checkpoint / CARD_FILE
