"""The folder of a training run: one run is at work in it, and nothing else lies there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skinedge.errors import ConfigError
from skinedge.evaluation.run_inputs import INPUTS_FILE, RunInputs
from skinedge.locks import locked
from skinedge.training.resume import LAST

LOCK_FILE = ".lock"
_RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")
"""What torchrun, SLURM, jsrun and Lightning number the processes of a run by."""


def is_first_process() -> bool:
    """Whether this is the process of a run that writes its files."""
    return all(os.environ.get(name, "0") == "0" for name in _RANKS)


def refuse_foreign(out: Path) -> None:
    """Raises: ConfigError where the folder holds something else than a run, which a run would mix its files into."""
    # Another process of this run may be marking the folder: what lies there is listed before its mark is looked for.
    foreign = out.is_dir() and [file for file in out.iterdir() if file.suffix != ".tmp" and file.name != LOCK_FILE]
    if foreign and not (out / INPUTS_FILE).exists():
        if any(out.rglob(LAST)):
            raise ConfigError(f"{out} holds a run of an earlier version, which did not record its data: give another --out")
        raise ConfigError(f"--out {out} exists and is no training run: give another folder, or an empty one")


def claim(out: Path, inputs: RunInputs) -> RunInputs:
    """Records in a folder what is trained there, or compares it with what it records.

    Photos that were not read yet are recorded by the next call, once they were.

    Returns: the inputs, with the parts of the split that the first of these runs dealt the patients to.
    Raises: ConfigError where the folder holds a run from other inputs.
    """
    earlier = RunInputs.load(out)
    if earlier is not None:
        if changes := inputs.changes(earlier):
            raise ConfigError(
                f"{out} holds a run with other settings or data ({changes}): give another --out, or delete that folder"
            )
        inputs = inputs.model_copy(update={"tested_in": earlier.tested_in})
    if is_first_process() and (earlier is None or earlier.photos is None):
        inputs.save(out)
    return inputs


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Makes the folder, and keeps other runs out of it until this one ends in any way. Its other processes may come in.

    Raises: ConfigError where another run is at work there, or a file has this name.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ConfigError(f"--out {out} is a file: give a folder") from None
    if not is_first_process():
        yield
        return
    # The file stays: whoever deleted it would take it from a run that has just opened it.
    (out / LOCK_FILE).touch()
    with locked(out / LOCK_FILE) as held:
        if held is False:
            raise ConfigError(f"another run is at work in {out}: wait until it ends, or give another --out")
        yield
