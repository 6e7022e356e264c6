"""Photos are found whatever disk or program they come from, and `data check --deep` opens them."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from skinedge.contract import ImageSpec
from skinedge.datasets.photo_files import find_photos
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import DataError, PhotoError
from skinedge.preprocess.photo import PhotoFile, held
from tests import fakes
from tests.conftest import Command

CAFE = "caf\u00e9 1"
SPELLINGS = [CAFE.encode(), unicodedata.normalize("NFD", CAFE).encode(), CAFE.encode("cp1252")]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse names that are not in their encoding")
@pytest.mark.parametrize("name", SPELLINGS)
def test_a_name_in_any_normal_form_or_encoding_is_found(tmp_path: Path, name: bytes) -> None:
    fakes.photo(tmp_path / "a.jpg").rename(tmp_path / os.fsdecode(name + b".jpg"))
    found, _ = find_photos(tmp_path)
    assert list(found) == [CAFE] and held(found[CAFE], ImageSpec())


@pytest.mark.parametrize("name", [*SPELLINGS[:2], CAFE.encode("cp437")])
def test_a_name_in_a_zip_file_of_any_system_is_found(tmp_path: Path, name: bytes) -> None:
    """macOS packs UTF-8 without saying so, and Windows its code page."""
    placeholder = "x" * len(name)
    photo = fakes.photo(tmp_path / "a.jpg")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(photo, f"{placeholder}.jpg")
    photo.unlink()
    (tmp_path / "photos.zip").write_bytes((tmp_path / "photos.zip").read_bytes().replace(placeholder.encode(), name))
    found, _ = find_photos(tmp_path)
    assert list(found) == [CAFE] and held(found[CAFE], ImageSpec())


def test_a_name_that_a_zip_file_says_is_in_utf_8(tmp_path: Path) -> None:
    photo = fakes.photo(tmp_path / "a.jpg")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(photo, f"{CAFE}.jpg")
    photo.unlink()
    found, _ = find_photos(tmp_path)
    assert list(found) == [CAFE] and held(found[CAFE], ImageSpec())


def test_a_folder_named_like_a_photo_or_a_zip_file_is_a_folder(tmp_path: Path) -> None:
    for name in ("part.zip", "b.jpg"):
        (tmp_path / name).mkdir()
        fakes.photo(tmp_path / name / f"in {name}.jpg")
    assert sorted(find_photos(tmp_path)[0]) == ["in b.jpg", "in part.zip"]


def packed(folder: Path, method: int) -> Path:
    """A zip file whose two headers say that it was packed in another way."""
    path, photo = folder / "photos.zip", fakes.photo(folder / "a.jpg")
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(photo, "a.jpg")
    photo.unlink()
    data = bytearray(path.read_bytes())
    for start, offset in ((data.index(b"PK\3\4"), 8), (data.index(b"PK\1\2"), 10)):
        data[start + offset : start + offset + 2] = method.to_bytes(2, "little")
    path.write_bytes(data)
    return path


def test_a_zip_file_that_is_packed_otherwise_is_one_line(tmp_path: Path) -> None:
    path = packed(tmp_path, 9)
    with pytest.raises(DataError, match=r"photos\.zip is packed in a way that is not read here \(Deflate64"):
        find_photos(tmp_path)
    for member in ("a.jpg", "nowhere.jpg"):
        with pytest.raises(PhotoError):
            held(PhotoFile(path, member), ImageSpec())


def test_a_zip_file_that_may_not_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path, zipfile.ZIP_STORED)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    with pytest.raises(DataError, match=r"cannot read .*photos\.zip: Permission denied"):
        find_photos(tmp_path)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("drawn"), photos=6, side_px=104)


def cut_short(photo: Path) -> None:
    photo.write_bytes(photo.read_bytes()[:-400])


def not_a_photo(photo: Path) -> None:
    photo.write_text("a web page that says: log in first")


@pytest.mark.parametrize("damage", [cut_short, not_a_photo])
def test_a_deep_check_opens_every_photo(
    skinedge: Command, drawn: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = shutil.copytree(drawn, tmp_path / "data")
    code, out, err = skinedge("data", "check", folder, "--deep")
    assert code == 0 and out.endswith("6 photos opened, 0 cannot be used\n") and err == ""
    photo = sorted((folder / "images").rglob("*.jpg"))[2]
    damage(photo)
    assert skinedge("data", "check", folder)[0] == 0
    code, out, err = skinedge("data", "check", folder, "--deep")
    assert code == 1 and err.startswith("skinedge: 1 of 6 photos cannot be used") and err.count("\n") == 1
    assert photo.name in out and "6 photos opened, 1 cannot be used" in out


def test_a_deep_check_follows_links(skinedge: Command, drawn: Path, tmp_path: Path) -> None:
    """Also one that leads back."""
    folder = shutil.copytree(drawn, tmp_path / "data")
    (folder / "images").rename(tmp_path / "elsewhere")
    (folder / "images").mkdir()
    (folder / "images" / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere" / "back").symlink_to(folder / "images", target_is_directory=True)
    code, out, _ = skinedge("data", "check", folder, "--deep")
    assert code == 0 and "6 rows, 6 photos" in out and "6 photos opened" in out
