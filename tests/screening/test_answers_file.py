"""Tables of answers for a folder of photos: read strictly, however a spreadsheet wrote them."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import pytest

from tests import fakes
from tests.conftest import Command
from tests.screening.folder_runs import ANSWERS, arguments, rows


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("photo,weight,height\na.jpg,1,2\n", "has unknown columns weight, height: expected photo, age_years, itch, region"),
        ("age_years\n1\n", "has no column photo"),
        ("photo,age,age_years\na.jpg,1,1\n", "has two columns for the same question"),
        ("photo,itch\nz.jpg,yes\n", "line 2: no photo 'z.jpg' in the folder"),
        ("photo,itch\na.jpg,yes\na.jpg,no\n", "line 3: a.jpg has two rows"),
        ("photo,itch\na.jpg,maybe\n", "line 2: itch: got 'maybe', expected yes, no or unknown"),
        ("photo,itch\na.jpg\n", "line 2 is cut short or too long"),
        ("photo,itch\na.jpg,yes,no\n", "line 2 is cut short or too long"),
        ('photo,itch\n"a.jpg,yes\n', "is not a CSV text file"),
        ("photo,itch,itch\na.jpg,yes,no\n", "has the column 'itch' twice"),
        ("photo,itch\n,yes\na.jpg,yes\n", "line 2 names no photo"),
        ('photo,age_years\na.jpg,"6,5"\n', "line 2: age_years: got '6,5', expected a number from 0 to 120"),
        (",photo,itch\n0,a.jpg,yes\n", "has unknown columns (without a name)"),
    ],
)
def test_a_mistake_in_the_answers_is_one_line_and_nothing_is_screened(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path, table: str, says: str
) -> None:
    (tmp_path / "answers.csv").write_text(table)
    out = tmp_path / "results.csv"
    code, printed, err = skinedge(*arguments(bundle, photos, out), "--answers", tmp_path / "answers.csv")
    assert (code, printed) == (1, "") and says in err and err.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    "table",
    [
        "\ufeffsep=;\r\nPhoto;AGE_YEARS;itch;region\r\na.jpg;63,0;VERDADEIRO;FACE\r\nb.jpg;20,0;FALSO;\r\n;;;\r\n",
        "photo\tage_years\titch\tregion\na \t63.0\tsim\t face\nb.JPG\t20.0\tnão\tnan\n",
    ],
)
def test_answers_may_come_from_any_spreadsheet(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path, table: str
) -> None:
    (tmp_path / "plain.csv").write_text(ANSWERS)
    (tmp_path / "answers.csv").write_text(table, encoding="utf-16" if "\t" in table else "utf-8", newline="")
    found = []
    for name in ("plain", "answers"):
        out = tmp_path / f"{name}-results.csv"
        skinedge(*arguments(bundle, photos, out), "--answers", tmp_path / f"{name}.csv")
        found.append([(row["photo"], row["malignancy_score"], row["imputed"]) for row in rows(out)])
    assert found[0] == found[1]


def test_columns_may_be_named_as_in_pad_ufes_20(skinedge: Command, bundle: Path, photos: Path, tmp_path: Path) -> None:
    table = (
        "patient_id,img_id,age,itch,region,smoke,diagnostic\nPAT_1,a.png,8,True,FACE,,NEV\nPAT_2,b.png,UNK,UNK,,False,BCC\n"
    )
    (tmp_path / "answers.csv").write_text(table)
    out = tmp_path / "results.csv"
    assert skinedge(*arguments(bundle, photos, out), "--answers", tmp_path / "answers.csv")[0] == 0
    assert [row["imputed"] for row in rows(out)[:2]] == ["", "age_years;itch;region"]


def test_a_row_with_a_place_that_the_model_does_not_know_is_screened_without_it(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "answers.csv").write_text("photo,age_years,itch,region\na.jpg,63,yes,Lower leg\n")
    out = tmp_path / "results.csv"
    assert skinedge(*arguments(bundle, photos, out), "--answers", tmp_path / "answers.csv")[0] == 0
    assert (rows(out)[0]["region"], rows(out)[0]["imputed"]) == ("Lower leg", "region")


def test_photos_that_all_lie_in_subfolders_may_be_named_alone(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    """As in PAD-UFES-20, whose photos lie in parts, and in what ODK exports with a folder `media`."""
    (tmp_path / "answers.csv").write_text("photo,itch\na.jpg,yes\nc.jpg,no\n")
    command = (*arguments(bundle, photos, tmp_path / "r.csv"), "--answers", tmp_path / "answers.csv")
    # Beside photos in the folder itself, "c" may mean one of those that is missing.
    assert json.loads(skinedge(*command, "--json")[1])["left_out"]["rows_without_photo"] == ["c.jpg"]
    (photos / "parts").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (photos / name).rename(photos / "parts" / name)
    (tmp_path / "r.csv").unlink()
    assert skinedge(*command)[0] == 0
    found = {row["photo"]: row["itch"] for row in rows(tmp_path / "r.csv")}
    assert found == {"more/c.png": "no", "parts/a.jpg": "yes", "parts/b.jpg": ""}
    fakes.photo(photos / "more" / "a.png")
    assert "line 2: 2 photos 'a.jpg'" in skinedge(*command)[2]
    (tmp_path / "answers.csv").write_text("photo,itch\nelse/b.jpg,yes\n")
    assert "line 2: no photo 'else/b.jpg'" in skinedge(*command)[2]


def test_answers_for_one_of_two_photos_of_a_name_say_which(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    fakes.photo(photos / "a.png")
    (tmp_path / "answers.csv").write_text("photo,itch\na,yes\n")
    command = (*arguments(bundle, photos, tmp_path / "r.csv"), "--answers", tmp_path / "answers.csv")
    assert "line 2: 2 photos 'a' in the folder" in skinedge(*command)[2]


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode there")
def test_names_in_other_encodings_and_forms_are_found(skinedge: Command, bundle: Path, photos: Path, tmp_path: Path) -> None:
    (photos / "b.jpg").rename(photos / "Jose\u0301.jpg")
    (photos / "a.jpg").rename(photos / os.fsdecode(b"caf\xe9.jpg"))
    (tmp_path / "answers.csv").write_text("photo,itch\nJos\u00e9.jpg,yes\ncafé.jpg,no\n", encoding="utf-8")
    command = (*arguments(bundle, photos, tmp_path / "r.csv"), "--answers", tmp_path / "answers.csv")
    code, printed, _ = skinedge(*command, "--json")
    assert code == 0 and json.loads(printed)["left_out"]["photos_without_answers"] == ["more/c.png"]
    with (tmp_path / "r.csv").open(encoding="utf-8", errors="surrogateescape") as file:
        assert {row["photo"]: row["itch"] for row in csv.DictReader(file)} == {
            "Jose\u0301.jpg": "yes", os.fsdecode(b"caf\xe9.jpg"): "no", "more/c.png": "",
        }  # fmt: skip
    assert json.loads(skinedge(*command, "--json")[1])["done_before"] == 3
