"""What a training run is made from: by this it goes on, and its data are told from others."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from pydantic_core import to_json

from skinedge.contract import Frozen
from skinedge.datasets.pad_ufes_20 import DataSet, Record
from skinedge.errors import ContractError, DataError
from skinedge.files import write_whole

INPUTS_FILE = "run_inputs.json"
NOT_TESTED = -1


class RunInputs(Frozen):
    """All that a run depends on. Two runs with equal inputs end alike, but for the rounding of other hardware.

    It holds hashes in place of rows, patients and photos. They name nobody, but whoever has the data finds them again.
    """

    schema_version: Literal[1] = 1
    recipe: Mapping[str, Any]
    split: Literal["grouped", "pundhir2022", "none"]
    weights: str
    """Hash of the backbone's weights to start from; `none` where the recipe's seed alone makes them."""
    sr_weights: str | None
    """Of the file of the decoder's target."""
    teachers: tuple[str, ...]
    """Of the weights of every network to learn from."""
    rows: tuple[str, ...]
    """Of each row of the metadata, in their order."""
    tested_in: Mapping[str, int]
    """By hash of a patient with a photo: the part of the split that tests its photos. `NOT_TESTED` where none does, or
    where parts are dealt by photo."""
    split_file: str | None
    """Of the file that deals photos to parts, where the split has one."""
    made_with: Mapping[str, str]
    """Version by package."""
    photos: tuple[str, ...] | None = None
    """Of each photo with its name, in the order of the rows; None until they have been read for the first time."""

    @property
    def data_sha256(self) -> str:
        """Of rows and photos, and of the parts that test the patients."""
        return hashlib.sha256(to_json((self.rows, self.photos, sorted(self.tested_in.items()), self.split_file))).hexdigest()

    def changes(self, earlier: RunInputs) -> str:
        """What is not as it was, in words for one line; empty where the same run may go on.

        Photos are compared where both have read them. A patient's part of the split is decided once, by the first.
        """
        found = [
            f"{name} was {_named(earlier.recipe.get(name))}, is {_named(value)}"
            for name, value in self.recipe.items()
            if _named(earlier.recipe.get(name)) != _named(value)
        ]
        if self.split != earlier.split:
            found.append(f"the split was {earlier.split}, is {self.split}")
        for what, before, now in (
            ("the weights to start from", earlier.weights, self.weights),
            ("the weights of the decoder's target", earlier.sr_weights, self.sr_weights),
            ("the teachers", earlier.teachers, self.teachers),
            ("the file of the split", earlier.split_file, self.split_file),
        ):
            if before != now:
                found.append(f"{what} changed")
        found += [
            f"{name} was {earlier.made_with.get(name, 'not there')}, is {version}"
            for name, version in self.made_with.items()
            if earlier.made_with.get(name) != version
        ]
        found += _moved("rows of the metadata", earlier.rows, self.rows)
        if earlier.photos is not None and self.photos is not None:
            found += _moved("photos", earlier.photos, self.photos)
        return "; ".join(found)

    def shares_rows_with(self, data: DataSet) -> bool:
        """Whether a row of the data set, with its patient, answers and label, is also one of the run's."""
        return not set(self.rows).isdisjoint(map(row_hash, data.records))

    def folds_of(self, records: tuple[Record, ...]) -> NDArray[np.int64]:
        """(N,) the part of the split that tests each record's patient, whoever else has been added or withdrawn since.

        Raises: DataError for a patient whom the run does not know, or does not test.
        """
        found = np.array([self.tested_in.get(patient_hash(record.patient_id), NOT_TESTED) for record in records])
        unknown = {record.patient_id for record, fold in zip(records, found, strict=True) if fold == NOT_TESTED}
        if unknown:
            raise DataError(
                f"{int((found == NOT_TESTED).sum())} photos are of {len(unknown)} patients whom this run has in none of its "
                "folds: leave them out, or give its checkpoint with --split all"
            )
        return found

    def save(self, folder: Path) -> None:
        write_whole(folder / INPUTS_FILE, self.model_dump_json(indent=1) + "\n")

    @classmethod
    def load(cls, folder: Path) -> RunInputs | None:
        """Reads what `save` wrote into the folder of a run; None where there is none.

        Raises: ContractError where it is damaged.
        """
        try:
            return cls.model_validate_json((folder / INPUTS_FILE).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValidationError as error:
            what = " ".join(error.errors()[0]["msg"].split())
            raise ContractError(f"{folder / INPUTS_FILE} cannot be used: {what}; train again in another folder") from None


def row_hash(record: Record) -> str:
    """Of everything that a row says, and whether it has a photo."""
    row = (record.image_id, record.patient_id, record.lesion_id, record.label, record.biopsied, record.answers)
    return hashlib.sha256(to_json((*row, record.photo is not None))).hexdigest()


def photo_hash(record: Record, sha256: str) -> str:
    """Of a photo's file and of the row that it belongs to."""
    return hashlib.sha256(f"{record.image_id} {sha256}".encode()).hexdigest()


def patient_hash(patient_id: str) -> str:
    """Of a patient, whatever else is in the data set."""
    return hashlib.sha256(patient_id.encode()).hexdigest()


def _moved(what: str, earlier: tuple[str, ...], now: tuple[str, ...]) -> list[str]:
    if earlier == now:
        return []
    gone, new = Counter(earlier) - Counter(now), Counter(now) - Counter(earlier)
    if not gone and not new:
        return [f"the {what} are in another order"]
    return [f"{gone.total()} of {len(earlier)} {what} changed or went, {new.total()} are new"]


def _named(value: Any) -> str:
    return to_json(value).decode()
