"""Reads the forms that ODK Collect brings back: answers to a form of `skinedge.exchange.xform`, for `Screener.screen`."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from skinedge.contract import Contract, normal, yes_or_no
from skinedge.datasets.table import clean, read_table
from skinedge.errors import AnswerError, DataError
from skinedge.exchange.xform import CONSENT, IMAGE, PATIENT, UNKNOWN, form_id
from skinedge.questionnaire import answers_for_model

_REVIEW = "reviewstate"
_OTHER_NAMES = {"_validation_status": _REVIEW}
"""Kobo's columns, by Central's names."""
_REJECTED = frozenset({"rejected", "not approved", "validation_status_not_approved"})
_SLASHES = re.compile(r"[\\/]+")
_MEDIA = "media/"
"""Where Aggregate and Briefcase say that a photo lies."""


@dataclass(frozen=True)
class Submission:
    """One filled-in form, of a person who agreed."""

    patient: str
    """The number that the clinic gave the person."""
    photo: str
    """Name of the photo's file, which lies beside the form or in the folder `media`."""
    answers: Mapping[str, str]
    """By question name; `unknown` where nobody knew."""


@dataclass(frozen=True)
class ReturnedForms:
    """The forms of a file that count, and how many do not."""

    submissions: tuple[Submission, ...]
    without_consent: int
    rejected: int
    """Forms that a reviewer rejected."""


def read_submissions(path: Path, contract: Contract) -> ReturnedForms:
    """Reads one form that Collect saved (.xml), or the table of many that ODK Central, Aggregate or Kobo exports (.csv).

    Forms without consent hold nothing and are left out, as are those that a reviewer rejected.

    Raises: DataError where the file is neither, or is of another form; AnswerError for an answer the model does not take.
    """
    read = {".xml": _from_xml, ".csv": _from_csv}.get(path.suffix.lower())
    if read is None:
        raise DataError(f"got {path}, expected a form that ODK Collect saved (.xml) or a table from ODK Central (.csv)")
    found: list[Submission] = []
    without_consent = rejected = 0
    for where, form in read(path, contract):
        if form.get(_REVIEW, "").casefold() in _REJECTED:
            rejected += 1
        elif _agreed(where, form):
            found.append(_submission(where, form, contract))
        else:
            without_consent += 1
    return ReturnedForms(tuple(found), without_consent, rejected)


def answers_csv(submissions: Sequence[Submission], contract: Contract) -> str:
    """The table for `skinedge screen FOLDER --answers`: the photo's name, and a column a question.

    Raises: DataError where two forms have the photo in a file of the same name.
    """
    counts = Counter(submission.photo for submission in submissions)
    twice = [photo for photo, count in counts.items() if count > 1]
    if twice:
        raise DataError(f"two forms name the photo {twice[0]!r}: give each form once")
    file = io.StringIO(newline="")
    table = csv.writer(file)
    names = [field.name for field in contract.fields]
    table.writerow(["photo", *names])
    table.writerows([one.photo, *(one.answers[name] for name in names)] for one in submissions)
    return file.getvalue()


def _agreed(where: str, form: Mapping[str, str]) -> bool:
    text = form.get(CONSENT, "")
    agreed = yes_or_no(text) if text else False  # Nobody was asked.
    if agreed is None:
        raise DataError(f"{where}: {CONSENT} {text!r}, expected yes or no")
    return agreed


def _submission(where: str, form: Mapping[str, str], contract: Contract) -> Submission:
    # A name only: a form may come from anyone, and must not point at another file of this machine.
    photo = _SLASHES.sub("/", form.get(IMAGE, "")).removeprefix(_MEDIA)
    if not photo or photo in (".", "..") or PurePosixPath(photo).name != photo:
        raise DataError(
            f"{where} names the photo {form.get(IMAGE, '')!r}, expected the name of a file: take the photo in the form again"
        )
    answers = {field.name: form.get(field.name) or UNKNOWN for field in contract.fields}
    try:
        contract.encode(answers_for_model(answers, contract.fields))
    except AnswerError as error:
        raise AnswerError(f"{where}: {error}; correct it in the form") from None
    return Submission(patient=form.get(PATIENT, ""), photo=photo, answers=answers)


def _from_xml(path: Path, contract: Contract) -> Iterator[tuple[str, Mapping[str, str]]]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; give a file from ODK Collect or Central") from None
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise DataError(f"{path} is no form that ODK Collect saved: copy it from the phone again") from None
    if root.get("id") != form_id(contract):
        expected = form_id(contract)
        raise DataError(
            f"{path} is of the form {root.get('id')!r}, expected {expected!r}: give --model the model of the form"
        )
    yield str(path), {str(node.tag).rpartition("}")[2]: clean(node.text or "") for node in root.iter() if len(node) == 0}


def _from_csv(path: Path, contract: Contract) -> Iterator[tuple[str, Mapping[str, str]]]:
    table = read_table(path)
    questions = {normal(field.name): field for field in contract.fields}
    columns: dict[str, str] = {}
    for column in table.columns:
        # Central writes `visit-image` or `image`, other tools `visit/image`.
        name = _OTHER_NAMES.get(column) or column.replace("/", "-").rpartition("-")[2]
        if name not in {*questions, CONSENT, IMAGE, PATIENT, _REVIEW}:
            continue
        if name in columns:
            raise DataError(f"{path} has two columns {name!r}, {columns[name]!r} and {column!r}: remove the wrong one")
        columns[name] = column
    missing = {*questions, CONSENT, IMAGE} - columns.keys()
    if missing:
        raise DataError(
            f"{path} has no column {sorted(missing)[0]!r}: expected the table of {form_id(contract)!r}, "
            "exported with names of questions, not with their words"
        )
    for row in table:
        answers = {field.name: row.answer(columns[name], field) for name, field in questions.items()}
        others = {name: row[column] for name, column in columns.items() if name not in questions}
        if PATIENT in columns:
            others[PATIENT] = row.identifier(columns[PATIENT])
        yield row.where, others | answers
