"""The results of a folder, as a CSV file that is written row by row, so that a killed run can be resumed."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from skinedge.contract import Answer, Contract
from skinedge.errors import ConfigError
from skinedge.files import flush_handle

LIST_SEPARATOR = ";"
_ENCODING = {"encoding": "utf-8", "errors": "surrogateescape"}  # A file's name need not be UTF-8.

Row = Mapping[str, str]


def columns(contract: Contract) -> tuple[str, ...]:
    """The columns of a results file: the photo, the given answers, and the result."""
    return (
        "photo",
        *(field.name for field in contract.fields),
        *("decision", "reason", "malignancy_score", "refer_threshold", "watch_below"),
        *(f"probability_{label}" for label in contract.labels),
        *("imputed", "advice", "insisted", "photo_sha256", "model_sha256", "error"),
    )


def read_results(
    path: Path, contract: Contract, model_sha256: str, answers: Mapping[str, Mapping[str, Answer]], *, insist: bool = False
) -> dict[str, Row]:
    """Reads the rows that an earlier run wrote, by photo, and cuts off an unfinished last line.

    Raises: ConfigError where the file is something else, or has another model, other answers or another `insist`.
    """
    if not path.exists():
        return {}
    _cut_unfinished(path)
    try:
        with path.open(newline="", **_ENCODING) as file:  # type: ignore[call-overload]
            reader = csv.DictReader(file, strict=True)
            header, rows = tuple(reader.fieldnames or ()), list(reader)
    except csv.Error as error:
        raise ConfigError(f"{path} cannot be continued ({error}): give another --out") from None
    if header and header != columns(contract):
        raise ConfigError(f"{path} is not a table of results of this model: give another --out")
    found: dict[str, Row] = {}
    for row in rows:
        photo = row["photo"]
        if photo in found or None in row or None in row.values():
            raise ConfigError(f"{path}: the row of {photo} is broken or there twice: give another --out")
        if row["model_sha256"] != model_sha256:
            raise ConfigError(f"{path} was made with another model: give another --out")
        if any(row[field.name] != _text(answers.get(photo, {}).get(field.name)) for field in contract.fields):
            raise ConfigError(f"{path}: the answers for {photo} were others: give another --out")
        if row["insisted"] != insisted_cell(insist):
            was, now = ("without", "with") if insist else ("with", "without")
            raise ConfigError(f"{path} was made {was} --insist, and this run is {now} it: give another --out")
        found[photo] = row
    return found


def answer_cells(contract: Contract, answers: Mapping[str, Answer]) -> dict[str, str]:
    """The answers of one photo as cells of its row."""
    return {field.name: _text(answers.get(field.name)) for field in contract.fields}


def insisted_cell(insist: bool) -> str:
    """Whether a person insisted on answers, as a cell of a row."""
    return "yes" if insist else "no"


class ResultsFile:
    """A results file that is open for more rows."""

    def __init__(self, handle: int, names: tuple[str, ...]) -> None:
        self._handle, self._names = handle, names

    def append(self, row: Row) -> None:
        """Writes one whole line and waits until it is on the disk."""
        data = _line(self._names, row)
        while data:
            data = data[os.write(self._handle, data) :]
        flush_handle(self._handle)


@contextmanager
def appending(path: Path, contract: Contract) -> Iterator[ResultsFile]:
    """Opens a results file, with its header where it has none. Raises: ConfigError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise ConfigError(f"cannot write {path} ({error.strerror}): give another --out") from None
    names = columns(contract)
    try:
        file = ResultsFile(handle, names)
        if os.fstat(handle).st_size == 0:
            file.append(dict(zip(names, names, strict=True)))
        yield file
    finally:
        os.close(handle)


def _line(names: tuple[str, ...], row: Row) -> bytes:
    text = io.StringIO()
    csv.DictWriter(text, names, lineterminator="\n").writerow(row)
    return text.getvalue().encode(**_ENCODING)


def _cut_unfinished(path: Path) -> None:
    try:
        with path.open("r+b") as file:
            data = file.read()
            file.truncate(data.rfind(b"\n") + 1)
    except OSError as error:
        raise ConfigError(f"cannot continue {path} ({error.strerror}): give another --out") from None


def _text(answer: Answer) -> str:
    return "" if answer is None else str(answer)
