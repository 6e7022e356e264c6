"""A folder of photos: one row a photo whatever happens, nothing twice after a kill, nothing old for new inputs."""

from __future__ import annotations

import errno
import json
import os
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
from tests.screening.folder_runs import ANSWERS, arguments, rows


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
