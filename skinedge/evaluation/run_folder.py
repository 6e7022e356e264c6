"""The folder of a training run: how it was started, and where its checkpoints lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from skinedge.contract import Frozen
from skinedge.datasets.splits import FOLDS
from skinedge.errors import ContractError

CHECKPOINT = "checkpoint"
RUN_FILE = "run.json"


class Run(Frozen):
    """How a run was started, kept in its folder."""

    split: Literal["grouped", "pundhir2022", "none"]
    command: str
    made_with: Mapping[str, str]
    """Version by package."""

    def save(self, folder: Path) -> None:
        (folder / RUN_FILE).write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Run:
        """Raises: ContractError where the folder holds no finished run."""
        try:
            return cls.model_validate_json((folder / RUN_FILE).read_bytes())
        except OSError:
            raise ContractError(f"no {RUN_FILE} in {folder}: give a folder that skinedge train has finished") from None
        except ValidationError as error:
            raise ContractError(f"{folder / RUN_FILE} cannot be used: {error.errors()[0]['msg']}; train again") from None


def fold_checkpoints(out: Path) -> list[Path]:
    """The checkpoints of the five fold models of a run with `grouped`, in the order of the folds; else none."""
    folders = [out / f"fold{k}" / CHECKPOINT for k in range(FOLDS)]
    return folders if all(folder.is_dir() for folder in folders) else []
