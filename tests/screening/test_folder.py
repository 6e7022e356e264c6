"""A folder of photos: strict answers, one row a photo whatever happens, and nothing twice after a kill."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skinedge import cli
from skinedge.files import write_whole
from skinedge.locks import try_lock
from skinedge.screening.results_file import columns, results_file
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
    assert (summary["photos"], summary["failed"]) == (3, 0)
    assert {why: names for why, names in summary["left_out"].items() if names} == {
        "other_files": ["notes.txt"], "hidden": [".hidden.jpg"], "photos_without_answers": ["more/c.png"],
    }  # fmt: skip
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


def test_what_an_earlier_run_says_of_other_inputs_is_made_anew(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    """A photo that failed, a spot that was photographed again under its name, another answer, another model, --insist."""
    out, table = tmp_path / "results.csv", tmp_path / "answers.csv"
    table.write_text(ANSWERS + "more/c.png,50,,\n")
    command = (*arguments(bundle, photos, out), "--answers", table)
    whole = (photos / "b.jpg").read_bytes()
    (photos / "b.jpg").write_bytes(whole[:2000])
    assert skinedge(*command)[0] == 1

    def again(*more: str) -> tuple[dict[str, dict[str, str]], int]:
        code, printed, _ = skinedge(*command, *more, "--json")
        found = {row["photo"]: row for row in rows(out)}
        assert code == 0 and len(found) == len(rows(out)) == 3
        return found, json.loads(printed)["screened_again"]

    (photos / "b.jpg").write_bytes(whole)
    first, count = again()
    assert count == 1 and first["b.jpg"]["decision"] and not first["b.jpg"]["error"]
    assert again() == (first, 0)

    fakes.photo(photos / "a.jpg", side_px=320)
    second, count = again()
    assert count == 1 and second["a.jpg"]["photo_sha256"] != first["a.jpg"]["photo_sha256"]
    assert second["b.jpg"] == first["b.jpg"]

    table.write_text(table.read_text().replace("20,no", "21,no"))
    third, count = again()
    assert count == 1 and third["b.jpg"]["age_years"] == "21" and third["a.jpg"] == second["a.jpg"]

    assert again("--insist")[1] == 3 and again()[1] == 3
    lines = out.read_text().splitlines(keepends=True)
    out.write_text("".join(lines).replace(first["a.jpg"]["model_sha256"], "0" * 64, 1))
    assert again() == (third, 1)


def test_a_full_disk_loses_no_row(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "results.csv"
    skinedge(*arguments(bundle, photos, out))
    before = out.read_bytes()
    fakes.photo(photos / "a.jpg", side_px=320)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("skinedge.files.flush_handle", full)
    code, _, err = skinedge(*arguments(bundle, photos, out))
    assert code == 1 and "the disk is full" in err and err.count("\n") == 1
    assert out.read_bytes() == before and [path.name for path in tmp_path.glob(".*")] == []
    monkeypatch.undo()
    assert skinedge(*arguments(bundle, photos, out))[0] == 0 and len(rows(out)) == 3


def test_a_row_without_its_photo_stays_and_is_named(skinedge: Command, bundle: Path, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.csv"
    skinedge(*arguments(bundle, photos, out))
    before = out.read_bytes()
    (photos / "b.jpg").unlink()
    code, printed, _ = skinedge(*arguments(bundle, photos, out))
    assert code == 0 and out.read_bytes() == before
    assert "1 In the results, but no longer in the folder: b.jpg" in printed


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("{whole}{a}", "the row of a.jpg is broken or there twice"),
        ("{whole}d.jpg,1\n", "the row of d.jpg is broken or there twice"),
        ("my notes\nwithout a last line end", "is not a table of results of this model"),
        ("one line", "is not a table of results of this model"),
    ],
)
def test_another_file_is_left_as_it_is(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path, table: str, says: str
) -> None:
    out = tmp_path / "results.csv"
    skinedge(*arguments(bundle, photos, out))
    whole = out.read_text()
    out.write_text(table.format(whole=whole, a=whole.splitlines(keepends=True)[1]))
    before = out.read_bytes()
    code, _, err = skinedge(*arguments(bundle, photos, out))
    assert code == 1 and says in err and err.count("\n") == 1 and out.read_bytes() == before


def test_a_spreadsheet_may_have_saved_the_results(skinedge: Command, bundle: Path, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.csv"
    skinedge(*arguments(bundle, photos, out))
    out.write_bytes(out.read_bytes().replace(b"\n", b"\r\n"))
    _, printed, _ = skinedge(*arguments(bundle, photos, out), "--json")
    assert json.loads(printed)["done_before"] == 3


def test_of_two_runs_into_one_file_the_second_is_refused(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "results.csv"
    with results_file(out, fakes.contract()) as first:
        code, _, err = skinedge(*arguments(bundle, photos, out))
        assert code == 1 and "another run is writing" in err and err.count("\n") == 1
        first.append(dict.fromkeys(columns(fakes.contract()), "x"))
        first.drop({"x"})  # The file is another one now, and locked all the same.
        code, _, err = skinedge(*arguments(bundle, photos, out))
        assert code == 1 and "another run is writing" in err
    assert rows(out) == []

    def late(handle: int) -> bool:
        write_whole(out, out.read_bytes())
        return try_lock(handle) is True

    with monkeypatch.context() as patch:
        # The other run moves a new file in between opening and locking: nobody would read what is written to the old one.
        patch.setattr("skinedge.screening.results_file.try_lock", late)
        assert "another run is writing" in skinedge(*arguments(bundle, photos, out))[2]
    assert skinedge(*arguments(bundle, photos, out))[0] == 0 and len(rows(out)) == 3


def test_what_is_left_out_is_said_in_text_as_in_json(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "closed").mkdir()
    for number in range(4):
        (photos / f"{number}.pdf").write_text("no photo")
    fakes.photo(photos / "a.png")
    (photos / "Thumbs.db").write_text("of Windows")
    table = tmp_path / "answers.csv"
    table.write_text(ANSWERS + "gone.jpg,1,,\n")
    command = (*arguments(bundle, photos, tmp_path / "r.csv"), "--answers", table)
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    code, text, err = skinedge(*command)
    assert (code, err) == (1, "")
    left_out = json.loads(skinedge(*command, "--json")[1])["left_out"]
    assert left_out == {
        "other_files": ["0.pdf", "1.pdf", "2.pdf", "3.pdf", "notes.txt"], "hidden": [".hidden.jpg"],
        "unreadable_folders": ["closed"], "rows_without_photo": ["gone.jpg"],
        "photos_without_answers": ["a.png", "more/c.png"], "no_longer_there": [],
    }  # fmt: skip
    for line in (
        "5 Not read as a photo, left out: 0.pdf, 1.pdf, 2.pdf, …",
        "1 Hidden, left out: .hidden.jpg",
        "1 Folder that cannot be opened: closed",
        "1 Row of answers without a photo: gone.jpg",
        "2 Photo without a row of answers: a.png, more/c.png",
    ):
        assert line in text
    # Two photos of one name but for the suffix: each has its row, and its own answers.
    assert {row["photo"]: row["age_years"] for row in rows(tmp_path / "r.csv")} == {
        "a.jpg": "63", "a.png": "", "b.jpg": "20", "more/c.png": "",
    }  # fmt: skip


def test_every_photo_of_a_phone_is_found_whatever_its_name(skinedge: Command, bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    folder.mkdir()
    fakes.photo(folder / "a.jpg")
    for name in ("b.jfif", "c.JPE", "d.jpg_large", "photo"):
        shutil.copy(folder / "a.jpg", folder / name)
    fakes.photo(folder / "e.webp")
    (folder / "f.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (folder / "g.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(100))
    code, printed, _ = skinedge(*arguments(bundle, folder, tmp_path / "r.csv"), "--json")
    found = {row["photo"]: row for row in rows(tmp_path / "r.csv")}
    assert sorted(found) == ["a.jpg", "b.jfif", "c.JPE", "d.jpg_large", "e.webp", "f.HEIC", "photo"]
    assert [name for name, row in found.items() if row["error"]] == ["f.HEIC"] and code == 1
    assert json.loads(printed)["left_out"]["other_files"] == ["g.mp4"]


def test_answers_for_one_of_two_photos_of_a_name_say_which(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    fakes.photo(photos / "a.png")
    (tmp_path / "answers.csv").write_text("photo,itch\na,yes\n")
    command = (*arguments(bundle, photos, tmp_path / "r.csv"), "--answers", tmp_path / "answers.csv")
    assert "line 2: 2 photos 'a' in the folder" in skinedge(*command)[2]


def test_a_folder_without_photos_says_what_is_there(skinedge: Command, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "scan.pdf").write_text("no photo")
    code, _, err = skinedge(*arguments(bundle, tmp_path / "empty", tmp_path / "r.csv"))
    assert code == 1 and "no photo in" in err and "found scan.pdf" in err and not (tmp_path / "r.csv").exists()


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are none here")
def test_a_pipe_is_no_photo_and_a_link_to_nothing_is_a_failed_one(
    skinedge: Command, bundle: Path, photos: Path, tmp_path: Path
) -> None:
    os.mkfifo(photos / "pipe.jpg")
    (photos / "b.jpg").unlink()
    (photos / "b.jpg").symlink_to(photos / "nothing.jpg")
    code, printed, _ = skinedge(*arguments(bundle, photos, tmp_path / "r.csv"), "--json")
    summary = json.loads(printed)
    assert code == 1 and summary["failed"] == 1 and "pipe.jpg" in summary["left_out"]["other_files"]
    assert rows(tmp_path / "r.csv")[1]["error"].startswith("no photo at b.jpg")


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
