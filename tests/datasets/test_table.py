"""Tables as Excel, LibreOffice, pandas and phones write them are read to the same values, or refused with the line."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skinedge.contract import ClinicalField
from skinedge.datasets.table import Table, clean, read_table
from skinedge.errors import DataError

AGE = ClinicalField(name="age_years", kind="number", question="How old?", minimum=0, maximum=120)
REGION = ClinicalField(name="region", kind="choice", question="Where?", choices=("face",))
PLAIN = "photo,age,region\na.jpg,63.5,face\nb.jpg,,São Tomé\n"


def table(path: Path, content: str | bytes) -> Table:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_table(path)


def workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


SAME: dict[str, str | bytes] = {
    "plain": PLAIN,
    "byte order mark": "\ufeff" + PLAIN,
    "Windows": PLAIN.replace("\n", "\r\n"),
    "old Mac": PLAIN.replace("\n", "\r"),
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "semicolons and a comma in a name": PLAIN.replace(",", ";").replace("a.jpg;", "a.jpg ;"),
    "UTF-16 as Excel's Unicode text": PLAIN.replace(",", "\t").encode("utf-16"),
    "UTF-16, big end first": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "sep line": "sep=,\n" + PLAIN,
    "sep line of another sign": "\ufeffsep=|\r\n" + PLAIN.replace(",", "|"),
    "quotes": '"photo","age","region"\n"a.jpg","63.5","face"\n"b.jpg","","São Tomé"\n',
    "blanks": "photo , age,\u00a0region\n a.jpg ,63.5 ,\tface\n\u200bb.jpg,, São  Tomé\n",
    "letters and their accents apart": PLAIN.replace("ã", "a\u0303").replace("é", "e\u0301"),
    "capitals in the header": PLAIN.replace("photo,age", "Photo,AGE"),
    "empty rows": PLAIN.replace("b.jpg", ",,\n\n , ,\nb.jpg") + ",,\n\n\n",
    "emptied columns": "photo,,age,region,\na.jpg,,63.5,face,\nb.jpg,,,São Tomé,\n",
    "no last line end": PLAIN.rstrip("\n"),
}


@pytest.mark.parametrize("written", SAME)
def test_the_same_table_however_it_is_written(written: str, tmp_path: Path) -> None:
    read = table(tmp_path / "t.csv", SAME[written])
    assert read.columns == ("photo", "age", "region")
    assert [tuple(row.cells.values()) for row in read] == [("a.jpg", "63.5", "face"), ("b.jpg", "", "São Tomé")]


BAD: dict[str, tuple[str | bytes, str]] = {
    "column twice": ("a,b,A\n1,2,3\n", "has the column 'a' twice: remove one"),
    "columns without a name": ("a,,\n1,2,3\n", "columns without a name"),
    "short": ("a,b\n1,2\n\n1\n", r"t\.csv line 4 is cut short or too long: got 1 values, expected 2"),
    "long": ("a,b\n1,2,3\n", r"line 2 is cut short or too long: got 3"),
    "short after a cell of two lines": ('a,b\n"1\n1",2\n3\n', "line 4 is cut short"),
    "short after a sep line": ("sep=,\na,b\n1\n", "line 3 is cut short"),
    "cut inside quotes": ('a,b\n1,2\n3,"', "is not a CSV text file: line 3: .*quote"),
    "a huge cell": ("a,b\n1," + "x" * 200_000, "is not a CSV text file: line 2: .*limit"),
    "NUL": (b"a,b\n1,\x002\n", "line 2 holds a NUL byte"),
    "UTF-16 without its mark": ("a,b\n1,2\n".encode("utf-16-le"), "NUL byte"),
    "Windows-1252": (
        "a,b\n1,2\n1,ã\n".encode("cp1252"),
        r"in UTF-8 \(line 3\); perhaps it is Windows-1252.*save it as",
    ),
    "UTF-16 cut inside a letter": ("a,b\n1,2\n".encode("utf-16")[:-1], "in UTF-16"),
    "empty": (b"", "is empty"),
    "separators alone": ("sep=;\n;;\n", "is empty"),
    "a mark and nothing": (b"\xef\xbb\xbf\r\n", "is empty"),
    "workbook": (workbook(), r"is a workbook \(\.xlsx, \.ods\) or a zip file.*save it as"),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"is an old workbook \(\.xls\)"),
    "two separators": ("a,b;c\n1,2;3\n", "has ',' and ';' between the names"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_such_table_is_one_line(case: str, tmp_path: Path) -> None:
    content, says = BAD[case]
    with pytest.raises(DataError, match=says) as error:
        table(tmp_path / "t.csv", content)
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(DataError, match=r"cannot read .*: give a CSV file"):
            read_table(path)


def test_decimal_commas_are_read_where_no_comma_separates(tmp_path: Path) -> None:
    (row,) = table(tmp_path / "a.csv", "age;region;note\n63,5;face;1,2\n")
    assert row.answer("age", AGE) == "63.5" and row["note"] == "1,2" and row.answer("region", REGION) == "face"
    (row,) = table(tmp_path / "b.csv", 'age,region\n"63,5",face\n')
    assert row.answer("age", AGE) == "63,5"  # Which the question refuses.


def test_what_programs_write_for_nothing_is_no_answer_and_no_identifier(tmp_path: Path) -> None:
    for row in table(tmp_path / "t.csv", "id,age\nnan,NaN\nNA,<NA>\nnull,None\n"):
        assert (row.identifier("id"), row.answer("age", AGE)) == ("", "")


def test_an_identifier_is_one_however_it_is_written(tmp_path: Path) -> None:
    rows = table(tmp_path / "t.csv", "id\n1023\n1023.0\n 1023\u00a0\n1023\u200b\n")
    assert {row.identifier("id") for row in rows} == {"1023"}
    assert clean("Jose\u0301\u00a0 1") == "José 1"


@pytest.mark.parametrize(
    "text", ["1.23E+05", "1,23E+11", "12-Mar", "Mar-12", "02-dez", "########", "#N/A", "#NAME?", "Jos\ufffd"]
)
def test_an_identifier_that_a_spreadsheet_changed_is_named(text: str, tmp_path: Path) -> None:
    (row,) = table(tmp_path / "t.csv", f'id,x\n"{text}",1\n')
    with pytest.raises(DataError, match=r"line 2: id .* a spreadsheet changed it"):
        row.identifier("id")


@pytest.mark.parametrize("text", ["5E12", "PAT_1-Mar", "12-13", "2026-01-02", "Marie-12", "#12", "1E5"])
def test_other_identifiers_stay(text: str, tmp_path: Path) -> None:
    (row,) = table(tmp_path / "t.csv", f"id,x\n{text},1\n")
    assert row.identifier("id") == text


def test_an_empty_cell_is_no_no(tmp_path: Path) -> None:
    rows = table(tmp_path / "t.csv", "x,y\n1,TRUE\n1,VERDADEIRO\n1,Sim \n1,1.0\n1,FALSO\n1,0\n1,\n1,2\n").rows
    assert [row.yes_or_no("y") for row in rows[:6]] == [True, True, True, True, False, False]
    for row in rows[6:]:
        with pytest.raises(DataError, match="expected yes or no"):
            row.yes_or_no("y")


CELLS = st.text(st.sampled_from('ab1;,\t"\n\r \u00e9\u0301\u200b'), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5),
    separator=st.sampled_from(",;\t"),
    marked=st.booleans(),
)
def test_what_a_spreadsheet_writes_is_what_is_read(
    tmp_path: Path, rows: list[list[str]], separator: str, marked: bool
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([["x", "y", "z"], *rows])
    read = table(tmp_path / "t.csv", text.getvalue().encode("utf-8-sig" if marked else "utf-8"))
    expected = [[clean(cell) for cell in row] for row in rows]
    assert [list(row.cells.values()) for row in read] == [row for row in expected if any(row)]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=60), st.text(st.sampled_from('a1;,\t"\n\r\0=sep\ufeff'), max_size=40).map(str.encode)
    )
)
def test_no_file_is_more_than_a_table_or_one_line(tmp_path: Path, content: bytes) -> None:
    try:
        read = table(tmp_path / "t.csv", content)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert read.columns and all(len(row.cells) == len(read.columns) for row in read)
