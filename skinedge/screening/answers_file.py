"""Reads a table of answers for a folder of photos, strictly, because a mistake in it would change advice unnoticed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from skinedge.contract import Answer, Contract, normal
from skinedge.datasets.table import TableRow, clean, read_table
from skinedge.errors import AnswerError
from skinedge.files import readable_name
from skinedge.questionnaire import COLUMNS, answers_for_model

PHOTO = "photo"
PHOTO_COLUMNS = (PHOTO, "img_id")
"""Columns that name the photo: its path in the folder, or its name, with any suffix, as in PAD-UFES-20."""

_SUFFIX = re.compile(r"\.[A-Za-z]\w{1,4}$", re.ASCII)
_IDENTIFIERS = ("patient_id", "lesion_id", "diagnostic", "biopsed")
"""Columns of PAD-UFES-20 that are no answers; they are ignored, as are questions that the model does not ask."""


@dataclass(frozen=True)
class GivenAnswers:
    """The answers of a table, checked against the contract."""

    by_photo: Mapping[str, Mapping[str, Answer]]
    """Photos without a row are not in it."""
    rows_without_photo: tuple[str, ...]
    """Names in rows that are of no photo in the folder."""


def read_answers(path: Path, contract: Contract, photos: Sequence[str]) -> GivenAnswers:
    """Reads a table with one row a photo.

    Args:
        photos: the folder's photos, as paths in it with "/".

    Raises: DataError, one line: what `read_table` refuses, a column or answer that is unknown, a photo that occurs twice, a
        name that two photos have, or no row that is of any photo.
    """
    table = read_table(path)
    columns = _columns(path, table.columns, contract)
    (photo_column,) = (column for column, name in columns.items() if name == PHOTO)
    fields = {field.name: field for field in contract.fields}
    questions = {column: fields[name] for column, name in columns.items() if name and name != PHOTO}
    names = _Names(photos)
    found: dict[str, dict[str, Answer]] = {}
    lost: list[str] = []
    for row in table:
        photo = names.photo_of(row, row[photo_column].replace("\\", "/"))
        if photo is None:
            lost.append(row[photo_column])
        elif photo in found:
            raise AnswerError(f"{row.where}: {photo} has two rows: remove one of them")
        answers: dict[str, Answer] = {field.name: row.answer(column, field) for column, field in questions.items()}
        try:
            contract.encode(answers_for_model(answers, contract.fields))
        except AnswerError as error:
            raise AnswerError(f"{row.where}: {error}") from None
        if photo is not None:
            found[photo] = answers
    if lost and not found:
        raise AnswerError(
            f"{table.rows[0].where}: no photo {lost[0]!r} in the folder, nor that of any other row: expected names of photos"
        )
    return GivenAnswers(found, tuple(lost))


def _columns(path: Path, names: Sequence[str], contract: Contract) -> Mapping[str, str | None]:
    """The content of each column: `PHOTO`, the name of a question, or None where it is ignored."""
    asked = {field.name for field in contract.fields}
    expected: dict[str, str | None] = dict.fromkeys(_IDENTIFIERS)
    for column, field in COLUMNS.items():
        expected |= dict.fromkeys((column, field.name), field.name if field.name in asked else None)
    expected |= {normal(name): name for name in asked} | dict.fromkeys(PHOTO_COLUMNS, PHOTO)
    columns = {name: expected.get(name) for name in names}
    unknown = [name for name in names if name not in expected]
    if unknown:
        names_of = ", ".join(name or "(without a name)" for name in unknown)
        raise AnswerError(f"{path} has unknown columns {names_of}: expected photo, {', '.join(sorted(asked))}")
    given = [name for name in columns.values() if name is not None]
    if len(set(given)) < len(names) - sum(name is None for name in columns.values()) or len(columns) < len(names):
        raise AnswerError(f"{path} has two columns for the same question: remove one of them")
    if PHOTO not in given:
        raise AnswerError(f"{path} has no column photo: expected one that names the photo of each row")
    return columns


class _Names:
    """Photos by what a row may call them: their path or, where all lie in subfolders, their name, whatever the suffix."""

    def __init__(self, photos: Sequence[str]) -> None:
        self._whole: dict[str, list[str]] = {}
        self._stems: dict[str, list[str]] = {}
        self._alone: dict[str, list[str]] = {}
        # Beside photos in the folder itself, a name alone means one of those, even if it is missing.
        in_parts = all("/" in photo for photo in photos)
        for photo in photos:
            name = clean(readable_name(photo))
            self._whole.setdefault(name, []).append(photo)
            self._stems.setdefault(_stem(name), []).append(photo)
            if in_parts:
                self._alone.setdefault(_stem(name.rpartition("/")[2]), []).append(photo)

    def photo_of(self, row: TableRow, name: str) -> str | None:
        """The photo that a row names; None where it is not there. Raises: AnswerError where there are two, or no name."""
        if not name:
            raise AnswerError(f"{row.where} names no photo: expected one in every row")
        stem = _stem(name)
        alike = self._whole.get(name) or self._stems.get(stem) or self._alone.get(stem) or []
        if len(alike) > 1:
            raise AnswerError(f"{row.where}: {len(alike)} photos {name!r} in the folder: expected one; mend the name")
        return alike[0] if alike else None


def _stem(name: str) -> str:
    return _SUFFIX.sub("", name)
