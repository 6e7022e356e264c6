"""The one reader of tables that people hand in: metadata, answers, forms of ODK.

It is strict, because a mistake in a table would change a decision or move a patient unnoticed: what it does not understand
is one line that says where. It reads commas, semicolons and tabs, Excel's `sep=` line, UTF-8, and UTF-16 with its mark.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from skinedge.contract import ClinicalField, normal, yes_or_no
from skinedge.errors import DataError

_MAXIMUM_BYTES = 256 << 20
_SEPARATORS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r'"?sep=([,;|\t])"?[ \t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
_WORKBOOKS = {b"PK\x03\x04": "a workbook (.xlsx, .ods) or a zip file", b"\xd0\xcf\x11\xe0": "an old workbook (.xls)"}
_SAVE = 'save it as "CSV UTF-8"'
_NOTHING = frozenset({"", "nan", "na", "n/a", "<na>", "null", "none"})
"""What other programs write where there is nothing."""
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_MONTHS = "jan|feb|fev|mar|apr|abr|may|mai|jun|jul|aug|ago|sep|set|oct|out|nov|dec|dez|ene|dic"
_MANGLED = re.compile(
    rf"\d([.,]\d+)?e\+\d+|\d{{1,2}}-({_MONTHS})(-\d+)?|({_MONTHS})-\d+|#{{2,}}|#(n/a|[a-z0/]+[!?])|.*\ufffd.*", re.IGNORECASE
)
_WHOLE_NUMBER = re.compile(r"(\d+)\.0+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def clean(text: str) -> str:
    """A text as it is compared: nothing invisible, single blanks, each letter with its accents one character."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return " ".join(text.split())


@dataclass(frozen=True)
class TableRow:
    """One row: clean cells by column, and where it stands."""

    where: str
    """The file and the line on which the row begins."""
    cells: Mapping[str, str] = field(repr=False)
    decimal_comma: bool = False

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def identifier(self, column: str) -> str:
        """An identifier; empty where there is none. Raises: DataError where a spreadsheet made something else of it."""
        text = self.cells[column]
        if _MANGLED.fullmatch(text):
            raise DataError(
                f"{self.where}: {column} {text!r} is not as it was typed, a spreadsheet changed it: "
                "make the column text there, type it again, and save the table again"
            )
        # A column of numbers with a gap in it is written with ".0" by pandas.
        whole = _WHOLE_NUMBER.fullmatch(text)
        return whole[1] if whole else "" if normal(text) in _NOTHING else text

    def answer(self, column: str, question: ClinicalField) -> str:
        """An answer as `Contract.encode` takes it; empty where there is none."""
        text = self.cells[column]
        if self.decimal_comma and question.kind == "number" and _DECIMAL_COMMA.fullmatch(text):
            return text.replace(",", ".")
        return "" if normal(text) in _NOTHING else text

    def yes_or_no(self, column: str) -> bool:
        """Raises: DataError for what is neither: an empty cell is no no."""
        value = yes_or_no(self.cells[column])
        if value is None:
            raise DataError(f"{self.where}: {column} {self.cells[column]!r}, expected yes or no, True or False")
        return value


@dataclass(frozen=True)
class Table:
    """A table of at least one column; its rows may be none."""

    path: Path
    columns: tuple[str, ...]
    """Names in lower case; each is there once."""
    rows: tuple[TableRow, ...]

    def __iter__(self) -> Iterator[TableRow]:
        return iter(self.rows)


def read_table(path: Path) -> Table:
    """Reads a whole table. Rows without any content are skipped, as are columns with neither name nor content.

    Raises: DataError, one line, for a file that is no such table, a column that is there twice, and a row that is too short
        or too long.
    """
    text = _text(path)
    declared = _SEPARATOR_LINE.match(text)
    body = text[declared.end() :] if declared else text
    separator = declared[1] if declared else _separator(path, body)
    rows = _rows(path, body, separator, first=2 if declared else 1)
    _, header = next(rows, (0, []))
    if not header:
        raise DataError(f"{path} is empty: expected a table that begins with the names of its columns")
    found = list(rows)
    for line, cells in found:
        if len(cells) != len(header):
            raise DataError(
                f"{path} line {line} is cut short or too long: got {len(cells)} values, expected {len(header)}, one a column"
            )
    # A spreadsheet saves columns that were emptied.
    places = [at for at, name in enumerate(header) if name or any(cells[at] for _, cells in found)]
    columns = tuple(normal(header[at]) for at in places)
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        what = f"the column {twice[0]!r} twice: remove one of them" if twice[0] else "columns without a name: name them"
        raise DataError(f"{path} has {what}")
    return Table(
        path,
        columns,
        tuple(
            TableRow(
                f"{path} line {line}",
                {column: cells[at] for column, at in zip(columns, places, strict=True)},
                decimal_comma=separator != ",",
            )
            for line, cells in found
        ),
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAXIMUM_BYTES + 1)
    except OSError as error:
        raise DataError(f"cannot read {path} ({error.strerror}): give a CSV file") from None
    if len(data) > _MAXIMUM_BYTES:
        raise DataError(f"{path} is too large: expected a table of at most {_MAXIMUM_BYTES >> 20} MiB")
    for start, name in _WORKBOOKS.items():
        if data.startswith(start):
            raise DataError(f"{path} is {name}, not a CSV text file: open it in a spreadsheet and {_SAVE}")
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(data[: error.start].splitlines()) or 1
        perhaps = "" if encoding == "utf-16" else "; perhaps it is Windows-1252, as a spreadsheet's plain CSV is"
        raise DataError(
            f"{path} is not a CSV text file in {encoding.removesuffix('-sig').upper()} (line {line}){perhaps}: "
            f"open it in a spreadsheet, look at the letters with accents, and {_SAVE}"
        ) from None
    if "\0" in text:
        line = text[: text.index("\0") + 1].count("\n") + 1
        raise DataError(f"{path} is not a CSV text file: line {line} holds a NUL byte; open it in a spreadsheet and {_SAVE}")
    return text


def _separator(path: Path, text: str) -> str:
    """What parts the names of the columns into the most."""
    counts = {separator: len(next(_cells(text, separator), [])) for separator in _SEPARATORS}
    best = max(counts.values())
    found = [separator for separator, count in counts.items() if count == best]
    if best > 1 and len(found) > 1:
        raise DataError(f"{path} has {found[0]!r} and {found[1]!r} between the names of its columns: use one of them")
    return found[0]


def _cells(text: str, separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error:  # `_rows` says so, with the line.
        return


def _rows(path: Path, text: str, separator: str, *, first: int) -> Iterator[tuple[int, list[str]]]:
    """The line on which each row begins, and its clean cells; rows without content are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + first
        try:
            cells = [clean(cell) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"{path} is not a CSV text file: line {line}: {error}; look for a quote that is missing or too many"
            ) from None
        if any(cells):
            yield line, cells
