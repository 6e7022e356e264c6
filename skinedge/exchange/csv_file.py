"""Visits as a table: one row a visit, for a spreadsheet, and read back to the same values.

The columns are the fields of `Row`, in their order; then one a question (`answer_itch`), and one a label
(`probability_BCC`). An answer is as the questionnaire takes it, `unknown` where nobody knew, and empty where it was not
asked. Text that a spreadsheet could take for a formula has an apostrophe before it, which `read_csv` takes away.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from skinedge.codes import AdviceCode, Decision, ReasonCode
from skinedge.contract import Frozen
from skinedge.errors import DataError
from skinedge.questionnaire import COLUMNS
from skinedge.records.state import present_state
from skinedge.records.visit import Moment, Record

ANSWER, PROBABILITY = "answer_", "probability_"
UNKNOWN = "unknown"
BYTE_ORDER_MARK = "\ufeff"
"""Before the table in a file, so that Excel reads UTF-8."""
_GUARD = "'"
# Characters that start a formula in Excel, LibreOffice or Google Sheets, and the guard itself.
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", _GUARD)

Answer = Annotated[str, Field(min_length=1)] | None


def _listed(value: Any) -> Any:
    return tuple(value.split()) if isinstance(value, str) else value


class Row(Frozen):
    """One visit, with the last of its overrides and of its outcomes. Moments are in UTC."""

    visit_id: str
    created_at: Moment
    patient: str
    site: str = ""
    screened_by: str = ""
    language: str
    decision: Decision
    """What counts: the last override, or else what the program said."""
    program_decision: Decision
    reason: ReasonCode
    score: float | None = None
    """Malignancy score, 0..1; empty where the photo gave none."""
    threshold: float
    """From this score on, the program's decision is refer."""
    imputed: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """Questions whose answers the program imputed, with spaces between."""
    advice: Annotated[tuple[AdviceCode, ...], BeforeValidator(_listed)] = ()
    insisted: bool = False
    """Whether a person wanted an answer even where a warning stands; not in tables of older versions."""
    model_name: str
    model_sha256: str
    photo_sha256: str
    has_photo: bool
    overrides: int
    """How many there are; the columns that follow are of the last one."""
    override_decision: Decision | None = None
    override_reason: str = ""
    override_by: str = ""
    override_at: Moment | None = None
    outcomes: int
    """How many there are; the columns that follow are of the last one."""
    outcome_label: str = ""
    outcome_malignant: bool | None = None
    outcome_on: date | None = None
    outcome_by: str = ""
    outcome_at: Moment | None = None
    malignant: bool | None = None
    """What the last finding says that says it, as decisions are made on it; see `skinedge.records.state`."""
    alert: bool = False
    """Whether it is malignant and not referred."""
    answers: Mapping[str, Answer]
    """By question name; None is "don't know"."""
    probabilities: Mapping[str, float]

    @classmethod
    def of(cls, record: Record) -> Row:
        """The row of one record."""
        visit, result, state = record.visit, record.visit.result, present_state(record)
        override = record.overrides[-1] if record.overrides else None
        outcome = record.outcomes[-1] if record.outcomes else None
        last = (
            {f"override_{name}": getattr(override, name) for name in ("decision", "reason", "by", "at")} if override else {}
        )
        if outcome:
            last |= {f"outcome_{name}": getattr(outcome, name) for name in ("label", "malignant", "on", "by", "at")}
        return cls(
            **visit.model_dump(include={"visit_id", "created_at", "patient", "site", "screened_by", "language"}),
            **result.model_dump(include={"reason", "imputed", "advice", "insisted", "probabilities"}),
            **result.model_dump(include={"model_name", "model_sha256", "photo_sha256"}),
            decision=state.decision,
            malignant=state.malignant,
            alert=state.is_alert,
            program_decision=result.decision,
            score=result.malignancy_score,
            threshold=result.refer_threshold,
            has_photo=record.has_photo,
            overrides=len(record.overrides),
            outcomes=len(record.outcomes),
            answers={name: None if answer in (None, "", UNKNOWN) else answer for name, answer in visit.answers.items()},
            **last,
        )


_ADDED_LATER = frozenset({"insisted", "malignant", "alert"})
"""Columns that tables of older programs lack."""
_PLAIN = tuple(name for name in Row.model_fields if name not in ("answers", "probabilities"))


def csv_text(rows: Iterable[Row]) -> str:
    """The table, with a line of column names; without the byte order mark that its file begins with."""
    rows = tuple(rows)
    order = {field.name: place for place, field in enumerate(COLUMNS.values())}
    questions = sorted({name for row in rows for name in row.answers}, key=lambda name: (order.get(name, len(order)), name))
    labels = sorted({label for row in rows for label in row.probabilities})
    file = io.StringIO(newline="")
    table = csv.writer(file)
    table.writerow([*_PLAIN, *(ANSWER + name for name in questions), *(PROBABILITY + label for label in labels)])
    for row in rows:
        answers = ["" if name not in row.answers else row.answers[name] or UNKNOWN for name in questions]
        probabilities = [row.probabilities.get(label) for label in labels]
        table.writerow([_cell(value) for value in (*(getattr(row, name) for name in _PLAIN), *answers, *probabilities)])
    return file.getvalue()


def read_csv(text: str) -> tuple[Row, ...]:
    """The rows that `csv_text` wrote, with or without a byte order mark.

    Raises: DataError where it is something else; it names the line.
    """
    table = csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""), strict=True)
    try:
        columns = next(table, [])
        missing = [name for name in _PLAIN if name not in columns and name not in _ADDED_LATER]
        if missing:
            raise DataError(f"the table has no column {missing[0]!r}: expected one that skinedge records export wrote")
        return tuple(_row(columns, cells, table.line_num) for cells in table)
    except csv.Error as error:
        raise DataError(f"line {table.line_num} of the table cannot be read ({error}): export it again") from None


def _row(columns: list[str], cells: list[str], line: int) -> Row:
    if len(cells) != len(columns):
        raise DataError(f"line {line} of the table has {len(cells)} cells, expected {len(columns)}: export it again")
    # An empty cell is what the field is by default; where a text must be, that is no text.
    given = {column: cell.removeprefix(_GUARD) for column, cell in zip(columns, cells, strict=True) if cell}
    answers, probabilities = (
        {column.removeprefix(prefix): given.pop(column) for column in tuple(given) if column.startswith(prefix)}
        for prefix in (ANSWER, PROBABILITY)
    )
    answered = {name: None if answer == UNKNOWN else answer for name, answer in answers.items()}
    try:
        return Row.model_validate({**given, "answers": answered, "probabilities": probabilities})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"line {line} of the table, {where}: {first['msg']}; export it again") from None


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(value)
    text = value.isoformat() if isinstance(value, date) else str(value)
    return _GUARD + text if text.startswith(_GUARDED) else text
