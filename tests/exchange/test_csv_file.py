"""Visits as a table: the same values come back, whatever people wrote."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skinedge.errors import DataError
from skinedge.exchange.csv_file import Row, csv_text, read_csv
from tests.exchange import visits

# Everything that UTF-8 can say; half of the words are what spreadsheets and tables stumble over.
NASTY = (
    "=1+1",
    "+255",
    "-3",
    "@SUM(A1)",
    "'",
    "''x",
    '"',
    'a,"b"',
    "a\r\nb",
    "\r",
    "\t=x",
    "\n",
    " ",
    "unknown",
    "\ufeffx",
    "＝1",
)
texts = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
scores = st.floats(0, 1)
answers = st.dictionaries(
    st.sampled_from(("age_years", "itch", "zz", "a b", "=x")), texts.filter(lambda t: t != "unknown") | st.none()
)
optional = {
    "site": texts,
    "screened_by": texts,
    "score": scores,
    "imputed": st.just(("itch", "grew")),
    "advice": st.just(("dark",)),
    "insisted": st.booleans(),
}
override = st.fixed_dictionaries(
    {
        "override_decision": st.sampled_from(("refer", "watch")),
        "override_reason": texts,
        "override_by": texts,
        "override_at": moments,
    }
)
outcome = st.fixed_dictionaries(
    {
        "outcome_label": texts,
        "outcome_malignant": st.none() | st.booleans(),
        "outcome_on": st.dates(date(2020, 1, 1)),
        "outcome_by": texts,
        "outcome_at": moments,
    }
)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    values = draw(
        st.fixed_dictionaries(
            {
                "visit_id": st.just("0123456789"),
                "created_at": moments,
                "patient": texts,
                "language": st.sampled_from(("en", "pt_BR")),
                "decision": st.sampled_from(("refer", "watch", "photograph again", "cannot assess")),
                "program_decision": st.just("watch"),
                "reason": st.just("score_below_threshold"),
                "threshold": scores,
                "model_name": texts,
                "model_sha256": st.just("ab" * 32),
                "photo_sha256": st.just("cd" * 32),
                "has_photo": st.booleans(),
                "overrides": st.integers(0, 9),
                "outcomes": st.integers(0, 9),
                "answers": answers,
                "probabilities": st.dictionaries(st.sampled_from(("BCC", "MEL")), scores),
            },
            optional=optional,
        )
    )
    return Row.model_validate(values | draw(st.just({}) | override) | draw(st.just({}) | outcome))


FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@given(st.lists(rows(), max_size=3))
def test_the_same_values_come_back_and_none_is_a_formula(written: list[Row]) -> None:
    text = csv_text(written)
    assert read_csv(text.encode("utf-8").decode("utf-8")) == tuple(written)
    assert read_csv("\ufeff" + text) == tuple(written)
    assert not any(cell.startswith(FORMULAS) for line in csv.reader(io.StringIO(text, newline="")) for cell in line)


def test_a_row_says_what_counts_and_what_the_program_decided() -> None:
    record = visits.followed(visits.overridden(visits.record(score=0.25), "refer"), malignant=True)
    row = Row.of(record)
    assert (row.program_decision, row.decision, row.override_by, row.outcome_malignant) == (
        "watch",
        "refer",
        "Dr. Neema",
        True,
    )
    assert row.answers == {"age_years": "63", "itch": "yes", "region": None}
    assert read_csv(csv_text([row])) == (row,)


def test_the_columns_stay_where_they_are() -> None:
    """Whoever reads these files relies on them: add columns at the end of their part only, and say so."""
    (columns, cells) = list(csv.reader(io.StringIO(csv_text([Row.of(visits.record(score=None))]), newline="")))
    assert " ".join(columns) == (
        "visit_id created_at patient site screened_by language decision program_decision reason score threshold imputed "
        "advice insisted model_name model_sha256 photo_sha256 has_photo overrides override_decision override_reason "
        "override_by override_at outcomes outcome_label outcome_malignant outcome_on outcome_by outcome_at malignant alert "
        "answer_age_years answer_region answer_itch"
    )
    line = dict(zip(columns, cells, strict=True))
    assert line["created_at"] == "2026-01-05T09:30:00+00:00" and line["score"] == "" and line["answer_region"] == "unknown"


def test_a_row_says_what_is_malignant_and_not_referred() -> None:
    record = visits.followed(visits.followed(visits.record(score=0.25), malignant=True), malignant=None, label="lost")
    row = Row.of(record)
    assert (row.decision, row.outcome_label, row.outcome_malignant, row.malignant, row.alert) == (
        "watch",
        "lost",
        None,
        True,
        True,
    )
    assert not Row.of(visits.overridden(record, "refer")).alert


def test_a_table_of_an_older_program_is_read() -> None:
    header, line = csv_text([Row.of(visits.record())]).splitlines()
    columns, cells = header.split(","), line.split(",")
    for name in ("insisted", "malignant", "alert"):
        place = columns.index(name)
        del columns[place], cells[place]
    (row,) = read_csv("\r\n".join([",".join(columns), ",".join(cells)]))
    assert row.malignant is None and not row.alert and not row.insisted


def test_no_visits_are_a_table_without_rows() -> None:
    assert read_csv(csv_text([])) == ()


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", 'visit_id\n"'])
def test_another_table_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        read_csv(text)


def test_a_wrong_cell_is_named_by_its_line() -> None:
    text = csv_text([Row.of(visits.record())]).replace(",0.625,", ",high,")
    with pytest.raises(DataError, match=r"line 2 of the table, score"):
        read_csv(text)
    with pytest.raises(DataError, match="line 2"):
        read_csv(csv_text([Row.of(visits.record())]).rstrip() + ",more\r\n")
