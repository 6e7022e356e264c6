"""The folder of a training run: the record of its command, and its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from skinedge.contract import Frozen
from skinedge.datasets.splits import FOLDS
from skinedge.errors import ContractError
from skinedge.evaluation.run_inputs import INPUTS_FILE, RunInputs
from skinedge.files import write_whole
from skinedge.models.checkpoint import WEIGHTS_FILE
from skinedge.runtime.bundle import is_bundle

CHECKPOINT = "checkpoint"
RUN_FILE = "run.json"


class Run(Frozen):
    """How a run was started, kept in its folder."""

    split: Literal["grouped", "pundhir2022", "none"]
    command: str
    made_with: Mapping[str, str]
    """Version by package."""

    def save(self, folder: Path) -> None:
        write_whole(folder / RUN_FILE, self.model_dump_json(indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Run:
        """Raises: ContractError where the folder holds no finished run."""
        try:
            return cls.model_validate_json((folder / RUN_FILE).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            raise ContractError(f"no {RUN_FILE} in {folder}: give a folder that skinedge train has finished") from None
        except OSError as error:
            raise ContractError(f"cannot read {folder / RUN_FILE}: {error.strerror}; check the disk") from None
        except ValidationError as error:
            raise ContractError(f"{folder / RUN_FILE} cannot be used: {error.errors()[0]['msg']}; train again") from None


def checkpoint_in(folder: Path, *, expected: str = "a folder that skinedge train wrote") -> Path:
    """The folder itself where it is a checkpoint, or the final checkpoint in the folder of a training run.

    Raises: ContractError where there is none: an unfinished run has none yet.
    """
    for place in (folder, folder / CHECKPOINT):
        if (place / WEIGHTS_FILE).is_file():
            return place
    if is_bundle(folder):
        raise ContractError(f"{folder} is a bundle: give the checkpoint, or the training run, that it was exported from")
    if (folder / INPUTS_FILE).is_file():
        raise ContractError(f"the training run in {folder} is not finished: give its skinedge train command again")
    raise ContractError(f"no model in {folder}: give {expected}")


def inputs_around(folder: Path) -> RunInputs | None:
    """The inputs of the run that a folder is, or that a checkpoint lies in; None where it lies in none."""
    folder = folder.resolve()
    # RUN, or RUN/checkpoint, or RUN/fold0/checkpoint.
    places = [folder, *list(folder.parents)[:2]] if folder.name == CHECKPOINT else [folder]
    return next((found for found in map(RunInputs.load, places) if found is not None), None)


def fold_checkpoints(out: Path) -> list[Path]:
    """The checkpoints of the five fold models of a `grouped` run, in the order of the folds; none for other runs."""
    folders = [out / f"fold{k}" / CHECKPOINT for k in range(FOLDS)]
    return folders if all(folder.is_dir() for folder in folders) else []
