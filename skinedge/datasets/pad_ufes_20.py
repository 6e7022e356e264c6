"""Reads PAD-UFES-20, as it is published or unpacked, checks every value, and counts what it found.

Source: Pacheco et al., PAD-UFES-20, Data in Brief 32:106221, 2020; Mendeley Data zr7vgbcyr2 (CC BY 4.0).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from skinedge.contract import MISSING, Answer, ClinicalField
from skinedge.datasets.photo_files import find_photos
from skinedge.datasets.table import Table, TableRow, read_table
from skinedge.errors import AnswerError, DataError
from skinedge.preprocess.file_formats import PHOTO_SUFFIXES
from skinedge.preprocess.photo import PhotoFile
from skinedge.questionnaire import ALIASES, COLUMNS, LABELS

METADATA_FILE = "metadata.csv"
PHOTO_FOLDER = "images"
PUBLISHED_ROWS = 2298
UNK = "UNK"
"""What the table says where nobody knew."""
CREDIT = "PAD-UFES-20 (Pacheco et al., 2020, CC BY 4.0)"
_ENCRYPTED = 1  # Bit 0 of a zip member's general purpose flags.
_IDENTIFIERS = ("patient_id", "lesion_id", "img_id", "diagnostic", "biopsed")


@dataclass(frozen=True)
class Record:
    """One row of the metadata.

    `answers` holds `contract` spellings, None where unanswered; `photo` is None if absent.
    """

    image_id: str
    patient_id: str
    lesion_id: str
    label: str
    biopsied: bool
    answers: dict[str, Answer]
    photo: PhotoFile | None

    def answers_to(self, fields: tuple[ClinicalField, ...]) -> dict[str, Answer]:
        """The answers to what a model asks, such as `Contract.fields`, and to nothing else."""
        return {field.name: self.answers[field.name] for field in fields}


@dataclass
class ReadReport:
    """Counts of what the reader found: of rows, by question."""

    rows: int = 0
    photos: int = 0
    rows_without_photo: int = 0
    photos_without_row: int = 0
    other_files: int = 0
    """Files among the photos that are none."""
    empty: Counter[str] = field(default_factory=Counter)
    marked_unknown: Counter[str] = field(default_factory=Counter)
    respelled: Counter[str] = field(default_factory=Counter)
    out_of_range: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """The report in words."""
        out = [
            f"{self.rows} rows, {self.photos} photos, {self.rows_without_photo} rows without a photo, "
            f"{self.photos_without_row} photos without a row"
        ]
        if self.other_files:
            out.append(
                f"{self.other_files} files in {PHOTO_FOLDER} are no photos: they do not end in {', '.join(PHOTO_SUFFIXES)}"
            )
        for name, counts in (
            ("left blank", self.empty),
            ("marked UNK", self.marked_unknown),
            ("respelled", self.respelled),
            ("out of range, treated as unanswered", self.out_of_range),
        ):
            if counts:
                out.append(f"{name}: " + ", ".join(f"{key} {count}" for key, count in sorted(counts.items())))
        return out


@dataclass(frozen=True)
class DataSet:
    """All rows of a folder, which it has and yields in their order, and the report of its reading."""

    folder: Path
    records: tuple[Record, ...]
    report: ReadReport

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __getitem__(self, position: int) -> Record:
        return self.records[position]

    def with_photos(self) -> tuple[Record, ...]:
        """The rows that have a photo. Raises: DataError where there is none."""
        found = tuple(record for record in self.records if record.photo is not None)
        if not found:
            raise DataError(f"no photo in {self.folder / PHOTO_FOLDER} belongs to a row of {METADATA_FILE}")
        return found

    def sha256(self) -> str:
        """The SHA-256 of the metadata and of the names of the photos."""
        digest = hashlib.sha256((self.folder / METADATA_FILE).read_bytes())
        for record in sorted(self.with_photos(), key=lambda r: r.image_id):
            digest.update(record.image_id.encode())
        return digest.hexdigest()


def read_pad_ufes_20(folder: Path) -> DataSet:
    """Reads `metadata.csv` and finds each row's photo.

    Photos may lie in `images/`, in `images/imgs_part_{1,2,3}/` or in zip files of those names, as .png, .jpg or .jpeg,
    whatever the suffix of `img_id`.

    Raises: DataError for a missing file, folder or column, a repeated img_id, or a value that is not in the schema.
    """
    rows = read_metadata(folder)
    report = ReadReport()
    photos, report.other_files = find_photos(folder / PHOTO_FOLDER)
    records = []
    seen: set[str] = set()
    spellings: dict[str, str] = {}
    for row in rows:
        record = _record(row, photos, report)
        if record.image_id in seen:
            raise DataError(f"{row.where}: img_id {record.image_id} occurs twice; remove one row")
        patient = spellings.setdefault(record.patient_id.casefold(), record.patient_id)
        if patient != record.patient_id:
            # Taken for two, they would put photos of one person on both sides of a split.
            raise DataError(f"{row.where}: patient_id {record.patient_id}, and {patient} above: spell them alike")
        seen.add(record.image_id)
        records.append(record)
    report.rows, report.photos = len(records), len(photos)
    report.rows_without_photo = sum(record.photo is None for record in records)
    report.photos_without_row = len(photos.keys() - seen)
    if not records:
        raise DataError(f"{folder / METADATA_FILE} has no rows: expected one a photo")
    return DataSet(folder, tuple(records), report)


def answer_matrix(records: tuple[Record, ...], fields: tuple[ClinicalField, ...]) -> NDArray[np.float32]:
    """(N, F) float32 raw answers at the fields' positions, `MISSING` where unanswered."""
    return np.array([[f.encode(r.answers[f.name]) for f in fields] for r in records], dtype=np.float32)


def label_indices(records: tuple[Record, ...]) -> NDArray[np.int64]:
    """(N,) positions in `LABELS`."""
    return np.array([LABELS.index(record.label) for record in records], dtype=np.int64)


def patient_ids(records: tuple[Record, ...]) -> NDArray[np.str_]:
    """(N,) patients, the unit of every split and interval."""
    return np.array([record.patient_id for record in records])


def read_metadata(folder: Path) -> Table:
    """The metadata as they are written. Raises: DataError for a missing file or column, or what is no table."""
    path = folder / METADATA_FILE
    if not path.exists():
        raise DataError(f"no {METADATA_FILE} in {folder}: expected a PAD-UFES-20 folder")
    table = read_table(path)
    missing = [c for c in (*_IDENTIFIERS, *COLUMNS) if c not in table.columns]
    if missing:
        raise DataError(f"{path} lacks the column {missing[0]}: expected the 26 columns of PAD-UFES-20")
    return table


def _record(row: TableRow, photos: dict[str, PhotoFile], report: ReadReport) -> Record:
    patient, image_id = row.identifier("patient_id"), image_id_of(row)
    if not patient:
        # Rows without a patient would count as one person, and tie unrelated photos together in splits and intervals.
        raise DataError(f"{row.where}: no patient_id: expected one in every row, as splits and intervals go by patient")
    label = row["diagnostic"].upper()
    if label not in LABELS:
        raise DataError(f"{row.where}: diagnostic {row['diagnostic']!r}, expected one of {', '.join(LABELS)}")
    answers: dict[str, Answer] = {}
    for column, question in COLUMNS.items():
        try:
            answers[question.name] = _answer(row.answer(column, question), column, question, report)
        except AnswerError as error:
            raise DataError(f"{row.where}: {error}") from None
    return Record(
        image_id=image_id,
        patient_id=patient,
        lesion_id=row.identifier("lesion_id"),
        label=label,
        biopsied=row.yes_or_no("biopsed"),
        answers=answers,
        photo=photos.get(image_id),
    )


def image_id_of(row: TableRow) -> str:
    """The name of a row's photo, without folder and suffix. Raises: DataError where there is none."""
    image_id = PurePosixPath(row.identifier("img_id").replace("\\", "/")).stem
    if not image_id:
        raise DataError(f"{row.where}: no img_id: expected the name of a photo in every row")
    return image_id


def _answer(text: str, column: str, question: ClinicalField, report: ReadReport) -> Answer:
    if text == "":
        report.empty[question.name] += 1
        return None
    if text.upper() == UNK:
        report.marked_unknown[question.name] += 1
        return None
    alias = ALIASES.get(column, {}).get(text.lower())
    if alias:
        report.respelled[question.name] += 1
        return alias
    try:
        value = question.encode(text)
    except AnswerError:
        if question.kind != "number" or not _is_number(text):
            raise
        # This data set sometimes writes a diameter of 0 for "not measured".
        report.out_of_range[question.name] += 1
        return None
    if value == MISSING:
        report.marked_unknown[question.name] += 1
        return None
    return text.lower()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
