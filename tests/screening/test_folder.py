"""A folder of photos: strict answers, one row a photo whatever happens, and nothing twice after a kill."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skinedge import cli
from skinedge.screening.screener import Screener
from tests import fakes
from tests.conftest import Command

ANSWERS = "photo,age_years,itch,region\na.jpg,63,yes,face\nb.jpg,20,no,\n"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "more/c.png"):
        fakes.photo(folder / name)
    (folder / "notes.txt").write_text("not a photo")
    (folder / ".hidden.jpg").write_text("not ours")
    return folder


def rows(out: Path) -> list[dict[str, str]]:
    with out.open(newline="") as file:
        return list(csv.DictReader(file))


def arguments(bundle: Path, photos: Path, out: Path) -> list[str]:
    return ["screen", str(photos), "--out", str(out), "--allow-unsigned", "--model", str(bundle)]


def test_a_row_with_a_place_that_the_model_does_not_know_is_screened_without_it(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "answers.csv").write_text("photo,age_years,itch,region\na.jpg,63,yes,Lower leg\n")
    out = tmp_path / "results.csv"
    assert skinedge(*arguments(bundle, photos, out), "--answers", tmp_path / "answers.csv")[0] == 0
    assert (rows(out)[0]["region"], rows(out)[0]["imputed"]) == ("Lower leg", "region")


def test_each_photo_gets_what_it_would_get_alone(skinedge: Command, bundle: Path, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text(ANSWERS)
    out = tmp_path / "results.csv"
    code, printed, err = skinedge(*arguments(bundle, photos, out), "--answers", tmp_path / "answers.csv", "--json")
    summary = json.loads(printed)
    assert (code, err) == (0, "")
    assert (summary["photos"], summary["failed"], summary["without_answers"], summary["other_files"]) == (3, 0, 1, 1)
    found = rows(out)
    assert [row["photo"] for row in found] == ["a.jpg", "b.jpg", "more/c.png"]
    assert [(row["age_years"], row["region"]) for row in found] == [("63", "face"), ("20", ""), ("", "")]
    alone = Screener(bundle, threads=1, allow_unsigned=True).screen(
        photos / "a.jpg", {"age_years": 63, "itch": "yes", "region": "face"}
    )
    assert found[0]["decision"] == alone.decision and float(found[0]["malignancy_score"]) == alone.malignancy_score
    assert float(found[0]["probability_MEL"]) == alone.probabilities["MEL"]
    assert found[2]["imputed"] == "age_years;itch;region" and found[0]["photo_sha256"] == alone.photo_sha256
    assert sum(summary["decisions"].values()) == 3


def test_one_bad_photo_does_not_stop_the_rest(skinedge: Command, bundle: Path, photos: Path, tmp_path: Path) -> None:
    (photos / "b.jpg").write_bytes(b"not a photo")
    out = tmp_path / "results.csv"
    code, printed, _ = skinedge(*arguments(bundle, photos, out))
    assert code == 1 and "1 Failed" in printed
    bad = rows(out)[1]
    assert bad["decision"] == "" and bad["error"] == "b.jpg is not a photo: choose a photo, or copy it again"
    assert all(row["decision"] and not row["error"] for row in rows(out) if row["photo"] != "b.jpg")


def test_a_run_goes_on_where_it_was(skinedge: Command, bundle: Path, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.csv"
    command = arguments(bundle, photos, out)
    skinedge(*command)
    whole = out.read_bytes()
    lines = whole.splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:2]) + lines[2][:20])
    _, printed, _ = skinedge(*command, "--json")
    assert out.read_bytes() == whole and json.loads(printed)["done_before"] == 1
    skinedge(*command)
    assert out.read_bytes() == whole


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are not killed here")
def test_kills_lose_no_row_and_write_none_twice(bundle: Path, photos: Path, tmp_path: Path) -> None:
    for number in range(60):
        os.link(photos / "a.jpg", photos / f"{number:02}.jpg")
    out, environment = tmp_path / "results.csv", {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    command = [sys.executable, "-m", "skinedge.cli", *arguments(bundle, photos, out)]
    acknowledged, kills = b"", 0
    for wanted in (1, 9, 25):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        while process.poll() is None:
            before = out.read_bytes() if out.exists() else b""
            if before.count(b"\n") > wanted:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.001)
        kills += process.wait() == -signal.SIGKILL
        acknowledged = before[: before.rfind(b"\n") + 1]
        assert out.read_bytes().startswith(acknowledged)
    assert kills, "every run was done before it could be killed"
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert out.read_bytes().startswith(acknowledged)
    names = [row["photo"] for row in rows(out)]
    assert len(names) == len(set(names)) == 63


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


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("model_sha256", "0" * 64), "was made with another model"),
        (("age_years", "3"), "the answers for a.jpg were others"),
        (("photo", "b.jpg"), "the row of b.jpg is broken or there twice"),
    ],
)
def test_results_of_something_else_are_not_gone_on_with(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    out = tmp_path / "results.csv"
    skinedge(*arguments(bundle, photos, out))
    changed = [row | ({change[0]: change[1]} if row["photo"] == "a.jpg" else {}) for row in rows(out)]
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(changed[0]))
        writer.writeheader()
        writer.writerows(changed)
    before = out.read_bytes()
    code, _, err = skinedge(*arguments(bundle, photos, out))
    assert code == 1 and says in err and out.read_bytes() == before


def test_what_goes_with_a_folder_only_is_reported(
    skinedge: Command, bundle: Path, photos: Path, photo: Path, tmp_path: Path
) -> None:
    model = ("--allow-unsigned", "--model", bundle)
    for command, says in (
        (("screen", photos, *model), "needs --out CSV"),
        (("screen", photos, "--out", tmp_path / "r.csv", "--itch", "yes", *model), "takes its answers from --answers"),
        (("screen", photo, "--out", tmp_path / "r.csv", *model), "are for a folder of photos"),
        (("screen", tmp_path / "bundle" / "golden", "--out", photos, *model), "cannot"),
    ):
        code, _, err = skinedge(*command)
        assert code == 1 and says in err and err.count("\n") == 1
