"""The results of a folder, as a CSV file that is written row by row, so that a killed run can be resumed."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from skinedge.contract import Answer, Contract
from skinedge.errors import ConfigError
from skinedge.files import flush_handle, write_whole
from skinedge.locks import try_lock

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


def answer_cells(contract: Contract, answers: Mapping[str, Answer]) -> dict[str, str]:
    """The answers of one photo as cells of its row."""
    return {field.name: _text(answers.get(field.name)) for field in contract.fields}


def insisted_cell(insist: bool) -> str:
    """Whether a person insisted on answers, as a cell of a row."""
    return "yes" if insist else "no"


class ResultsFile:
    """A results file that this run alone writes, and its rows by photo."""

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._path, self._names = path, names
        self._handle = _open_alone(path)
        self.rows: dict[str, Row] = {}

    def read(self) -> None:
        """Reads the rows of earlier runs, and cuts off an unfinished last line. Raises: ConfigError for another file."""
        data, header = self._path.read_bytes(), _header(self._names)
        first, newline, _ = data.partition(b"\n")
        # A spreadsheet may have saved it with line ends of Windows; a run may have been killed in the first line.
        if first.rstrip(b"\r") + newline != header and not (header.startswith(data) and not newline):
            raise ConfigError(f"{self._path} is not a table of results of this model: give another --out")
        whole = data[: data.rfind(b"\n") + 1]
        self.rows = _rows(self._path, whole)
        os.ftruncate(self._handle, len(whole))
        if not whole:
            self._write(header)

    def append(self, row: Row) -> None:
        """Writes one whole line and waits until it is on the disk."""
        self._write(_line(self._names, row))
        self.rows[row["photo"]] = row

    def drop(self, photos: Collection[str]) -> None:
        """Takes rows away: the file is written anew beside its place and moved in."""
        if not photos:
            return
        rows = {photo: row for photo, row in self.rows.items() if photo not in photos}
        content, old = b"".join([_header(self._names), *(_line(self._names, row) for row in rows.values())]), self._handle
        if sys.platform == "win32":  # There, nothing replaces an open file.
            self.close()
        write_whole(self._path, content)
        self._handle, self.rows = _open_alone(self._path), rows
        if sys.platform != "win32":  # Not before: nobody else ever had the file.
            os.close(old)

    def close(self) -> None:
        """Ends the lock."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._handle, data) :]
        flush_handle(self._handle)


@contextmanager
def results_file(path: Path, contract: Contract) -> Iterator[ResultsFile]:
    """Opens a results file with the rows of earlier runs, or makes it. Only one run can: the lock ends with its process.

    Raises: ConfigError where it cannot be written, is something else, or another run writes it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = ResultsFile(path.resolve(), columns(contract))
    except OSError as error:
        raise ConfigError(f"cannot write {path} ({error.strerror}): give another --out") from None
    try:
        file.read()
        yield file
    finally:
        file.close()


def _open_alone(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
    # Whoever had it may have put another file in its place since it was opened.
    if try_lock(handle) is False or not os.path.samestat(os.fstat(handle), path.stat()):
        os.close(handle)
        raise ConfigError(f"another run is writing {path}: wait until it ends, or give another --out")
    return handle


def _rows(path: Path, data: bytes) -> dict[str, Row]:
    found: dict[str, Row] = {}
    try:
        for row in csv.DictReader(io.StringIO(data.decode(**_ENCODING), newline=""), strict=True):
            if row["photo"] in found or None in row or None in row.values():
                raise ConfigError(f"{path}: the row of {row['photo']} is broken or there twice: give another --out")
            found[row["photo"]] = row
    except csv.Error as error:
        raise ConfigError(f"{path} cannot be continued ({error}): give another --out") from None
    return found


def _header(names: tuple[str, ...]) -> bytes:
    return _line(names, dict(zip(names, names, strict=True)))


def _line(names: tuple[str, ...], row: Row) -> bytes:
    text = io.StringIO()
    csv.DictWriter(text, names, lineterminator="\n").writerow(row)
    return text.getvalue().encode(**_ENCODING)


def _text(answer: Answer) -> str:
    return "" if answer is None else str(answer)
