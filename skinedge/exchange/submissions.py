"""Reads the forms that ODK Collect brings back: answers to a form of `skinedge.exchange.xform`, for `Screener.screen`."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from skinedge.contract import Contract
from skinedge.errors import AnswerError, DataError
from skinedge.exchange.xform import CONSENT, IMAGE, PATIENT, UNKNOWN, form_id


@dataclass(frozen=True)
class Submission:
    """One filled-in form, of a person who agreed."""

    patient: str
    """The number that the clinic gave the person."""
    photo: str
    """Name of the photo's file, which lies beside the form or in the folder `media`."""
    answers: Mapping[str, str]
    """By question name; `unknown` where nobody knew."""


def read_submissions(path: Path, contract: Contract) -> tuple[Submission, ...]:
    """Reads one form that Collect saved (.xml), or the table of many that ODK Central exports (.csv).

    Forms without consent hold nothing and are left out.

    Raises: DataError where the file is neither, or is of another form; AnswerError for an answer the model does not take.
    """
    read = {".xml": _from_xml, ".csv": _from_csv}.get(path.suffix.lower())
    if read is None:
        raise DataError(f"got {path}, expected a form that ODK Collect saved (.xml) or a table from ODK Central (.csv)")
    try:
        forms = tuple(read(path, contract))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; give a file from ODK Collect or Central") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8: export it from ODK again") from None
    return tuple(_submission(form, contract, path) for form in forms if form.get(CONSENT) == "yes")


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


def _submission(form: Mapping[str, str], contract: Contract, path: Path) -> Submission:
    photo = form.get(IMAGE, "")
    # A name only: a form may come from anyone, and must not point at another file of this machine.
    if not photo or photo in (".", "..") or PurePosixPath(photo.replace("\\", "/")).name != photo:
        raise DataError(f"{path} names the photo {photo!r}, expected the name of a file: take the photo in the form again")
    answers = {field.name: form.get(field.name) or UNKNOWN for field in contract.fields}
    try:
        contract.encode(answers)
    except AnswerError as error:
        raise AnswerError(f"{path}: {error}; correct it in the form") from None
    return Submission(patient=form.get(PATIENT, ""), photo=photo, answers=answers)


def _from_xml(path: Path, contract: Contract) -> Iterator[Mapping[str, str]]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(path.read_bytes())
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise DataError(f"{path} is no form that ODK Collect saved: copy it from the phone again") from None
    if root.get("id") != form_id(contract):
        expected = form_id(contract)
        raise DataError(
            f"{path} is of the form {root.get('id')!r}, expected {expected!r}: give --model the model of the form"
        )
    yield {str(node.tag).rpartition("}")[2]: (node.text or "").strip() for node in root.iter() if len(node) == 0}


def _from_csv(path: Path, contract: Contract) -> Iterator[Mapping[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.reader(file, strict=True)
        try:
            # Central writes `visit-image` or `image`, other tools `visit/image`.
            columns = [column.replace("/", "-").rpartition("-")[2] for column in next(table, [])]
            missing = {CONSENT, IMAGE, *(field.name for field in contract.fields)} - set(columns)
            if missing:
                raise DataError(f"{path} has no column {sorted(missing)[0]!r}: expected the table of {form_id(contract)!r}")
            for row in table:
                yield dict(zip(columns, (cell.strip() for cell in row), strict=False))
        except csv.Error as error:
            raise DataError(f"{path} is no table ({error}): export it from ODK again") from None
