"""Reads a table of answers for a folder of photos, strictly, because a mistake in it would change advice unnoticed."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from skinedge.contract import Answer, Contract
from skinedge.errors import AnswerError
from skinedge.questionnaire import COLUMNS

PHOTO = "photo"
PHOTO_COLUMNS = (PHOTO, "img_id")
"""Columns that name the photo: its path in the folder, or its name with any suffix, as in PAD-UFES-20."""

_IDENTIFIERS = ("patient_id", "lesion_id", "diagnostic", "biopsed")
"""Columns of PAD-UFES-20 that are no answers; they are ignored, as are questions that the model does not ask."""


def read_answers(path: Path, contract: Contract, photos: Sequence[str]) -> dict[str, dict[str, Answer]]:
    """Reads a CSV file with one row a photo.

    Args:
        photos: the folder's photos, as paths in it with "/".

    Returns: answers by photo, checked against the contract; photos without a row are not in it.
    Raises: AnswerError, one line: a column, photo or answer that is unknown, or a photo that occurs twice.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            columns = _columns(path, reader.fieldnames or (), contract)
            rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise AnswerError(f"cannot read {path} ({error.strerror}): give a CSV file with --answers") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise AnswerError(f"{path} is not a CSV text file in UTF-8: {error}") from None
    found: dict[str, dict[str, Answer]] = {}
    for line, row in rows:
        where = f"{path} line {line}"
        if None in row or None in row.values():
            raise AnswerError(f"{where} is cut short or too long: expected {len(columns)} values, one for each column")
        photo = _photo(where, row[_photo_column(columns)].strip(), photos)
        if photo in found:
            raise AnswerError(f"{where}: {photo} has two rows: remove one of them")
        found[photo] = {name: row[column].strip() for column, name in columns.items() if name and name != PHOTO}
        try:
            contract.encode(found[photo])
        except AnswerError as error:
            raise AnswerError(f"{where}: {error}") from None
    return found


def _columns(path: Path, names: Sequence[str], contract: Contract) -> Mapping[str, str | None]:
    """The content of each column: `PHOTO`, the name of a question, or None where it is ignored."""
    asked = {field.name for field in contract.fields}
    expected: dict[str, str | None] = dict.fromkeys(_IDENTIFIERS)
    for column, field in COLUMNS.items():
        expected |= dict.fromkeys((column, field.name), field.name if field.name in asked else None)
    expected |= {name: name for name in asked} | dict.fromkeys(PHOTO_COLUMNS, PHOTO)
    columns = {name: expected.get(name) for name in names}
    unknown = [name for name in names if name not in expected]
    if unknown:
        raise AnswerError(f"{path} has unknown columns {', '.join(unknown)}: expected photo, {', '.join(sorted(asked))}")
    given = [name for name in columns.values() if name is not None]
    if len(set(given)) < len(names) - sum(name is None for name in columns.values()) or len(columns) < len(names):
        raise AnswerError(f"{path} has two columns for the same question: remove one of them")
    if PHOTO not in given:
        raise AnswerError(f"{path} has no column photo: expected one that names the photo of each row")
    return columns


def _photo_column(columns: Mapping[str, str | None]) -> str:
    return next(column for column, name in columns.items() if name == PHOTO)


def _photo(where: str, name: str, photos: Sequence[str]) -> str:
    """The photo that a row names, whatever the suffix."""
    if name in photos:
        return name
    stem = PurePosixPath(name).with_suffix("")
    alike = [photo for photo in photos if PurePosixPath(photo).with_suffix("") == stem] if name else []
    if len(alike) != 1:
        what = "no photo" if not alike else f"{len(alike)} photos"
        raise AnswerError(f"{where}: {what} {name!r} in the folder: expected one; mend the name or remove the row")
    return alike[0]
