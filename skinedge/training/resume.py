"""`last.ckpt`, from which training resumes: written in full or not at all, and checked before it is read."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.pytorch.callbacks import Checkpoint

from skinedge.errors import ConfigError
from skinedge.files import one_line, write_whole

LAST = "last.ckpt"


class KeepState(Checkpoint):
    """Keeps the state of the latest epoch, when everything else of the epoch is done.

    Lightning's own `ModelCheckpoint` keeps none before the last epoch where it is asked for no best one.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        # The first process has just averaged the log over all for its progress bar: the others take part in that before
        # all wait for each other, or all would wait for ever.
        _ = trainer.callback_metrics
        trainer.save_checkpoint(self.file)


class WholeCheckpoints(TorchCheckpointIO):
    """Lightning's files of states, each moved into its place when the disk has it.

    Lightning itself makes them in the folder of temporary files, and copies them from there where that is another disk.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Raises: ConfigError where the disk is full; the state of the epoch before stays."""
        buffer = io.BytesIO()
        torch.save(checkpoint, buffer)
        try:
            write_whole(Path(path), buffer.getvalue())
        except OSError as error:
            kept = "the state of the epoch before is kept" if Path(path).exists() else "nothing is kept of this epoch"
            raise ConfigError(f"cannot write {path}, {kept}: {one_line(error)}") from None

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Raises: ConfigError where the file is damaged or cut short, which torch finds only in some places."""
        try:
            with zipfile.ZipFile(path) as archive:
                damaged = archive.testzip()
            if damaged is None:
                state: dict[str, Any] = super().load_checkpoint(path, map_location=map_location, weights_only=weights_only)
                return state
        except Exception:  # noqa: BLE001 - flipped bytes raise errors of any kind, in zipfile as in torch
            pass
        raise ConfigError(
            f"{path} is damaged or cut short: delete it and give the command again; this network is then trained anew"
        )
