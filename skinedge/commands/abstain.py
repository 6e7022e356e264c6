"""`skinedge abstain`: when a model shall say that it cannot assess."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import AsJson, Data, need_extra
from skinedge.errors import ConfigError
from skinedge.files import check_place, write_whole


def abstain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that skinedge train wrote.")],
    data: Data,
    sensitivity: Annotated[
        float, typer.Option(help="Share of malignant photos that must not end in watch.", min=0, max=1)
    ] = 0.98,
    into: Annotated[
        Path | None,
        typer.Option(help="Checkpoint, or run, whose contract gets the limit.", metavar="FOLDER", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Chooses from which score on a model cannot say "watch", on photos that it was not trained on.

    Scores from that limit up to the refer threshold mean "cannot assess: refer if in doubt". Referrals stay as they are.
    Without --into nothing is written. Then "skinedge card" and "skinedge export" make the card and the bundle anew.

    \b
    Example:
      skinedge abstain runs/edge --data pad-ufes-20 --into runs/edge/checkpoint
    """
    need_extra("train", "scipy")
    from skinedge.contract import CONTRACT_FILE, Contract
    from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
    from skinedge.evaluation.abstention import abstention
    from skinedge.evaluation.card_results import abstention as in_words
    from skinedge.evaluation.out_of_fold import OUT_OF_FOLD_FILE, OutOfFold
    from skinedge.evaluation.run_folder import Run, checkpoint_in

    if into is not None:
        into = checkpoint_in(into)
        check_place(into, "--into", "folder")
    folder = checkpoint_in(run)  # A run that is not finished says so.
    if Run.load(run).split == "none":
        raise ConfigError(
            f"{run} was trained with --split none, which tests no photo: abstain needs a run with --split grouped"
        )
    contract = Contract.load(into or folder)
    found = abstention(contract, read_pad_ufes_20(data), OutOfFold.load(run / OUT_OF_FOLD_FILE), sensitivity=sensitivity)
    if into is not None:
        write_whole(into / CONTRACT_FILE, contract.model_copy(update={"watch_below": found.watch_below}).file_bytes())
    print(found.model_dump_json(indent=1) if as_json else in_words(found))
