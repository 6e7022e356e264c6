"""Which files of a folder are screened, and that the others are named."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests import fakes
from tests.conftest import Command
from tests.screening.folder_runs import ANSWERS, arguments, rows


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


def test_a_folder_without_photos_says_what_is_there(skinedge: Command, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "scan.pdf").write_text("no photo")
    code, _, err = skinedge(*arguments(bundle, tmp_path / "empty", tmp_path / "r.csv"))
    assert code == 1 and "no photo in" in err and "found scan.pdf" in err and not (tmp_path / "r.csv").exists()


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
