"""Finds the photos of a data set: in folders, in folders that are linked to, and in zip files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from skinedge.contract import ImageSpec
from skinedge.datasets.table import clean
from skinedge.errors import DataError, PhotoError
from skinedge.files import files_in, readable_name
from skinedge.preprocess.file_formats import PHOTO_SUFFIXES
from skinedge.preprocess.photo import PhotoFile, load_photo

_ENCRYPTED, _IN_UTF_8 = 1 << 0, 1 << 11
"""Of a zip member's general purpose flags."""
_UNPACKED_HERE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_OTHER_WAYS = {9: "Deflate64, as Windows packs what is large", 93: "Zstandard", 95: "XZ"}


def find_photos(root: Path) -> tuple[dict[str, PhotoFile], int]:
    """The photos below a folder by name, without suffix and in one normal form, and how many other files are there.

    Raises: DataError for a folder that is missing or unreadable, two photos of one name, or a zip file that cannot be read.
    """
    if not root.is_dir():
        raise DataError(f"no folder {root}: expected the photos there, or zip files of them")
    below = files_in(root)
    if below.unreadable:
        raise DataError(
            f"cannot open the folder {below.unreadable[0]}: expected one that may be read, as photos may lie there"
        )
    found: dict[str, PhotoFile] = {}
    others = 0
    for path in below.files:
        for given, photo in (
            _members(path) if path.suffix.lower() == ".zip" else [(readable_name(path.name), PhotoFile(path))]
        ):
            name = PurePosixPath(given)
            if name.suffix.lower() not in PHOTO_SUFFIXES:
                others += 1
                continue
            stem = clean(name.stem)
            if stem in found and not _same(found[stem], photo):
                raise DataError(f"{found[stem]} and {photo} are two photos of one name: remove one, or give it another name")
            found.setdefault(stem, photo)
    return found, others


def unusable_photos(photos: list[PhotoFile]) -> Iterator[str | None]:
    """Opens each photo as training does, and tells what is wrong with it, a line each; None for one that can be used."""
    spec = ImageSpec()

    def problem(photo: PhotoFile) -> str | None:
        try:
            load_photo(photo, spec)
        except PhotoError as error:
            return str(error)
        return None

    with ThreadPoolExecutor() as pool:
        yield from pool.map(problem, photos)


def _members(path: Path) -> list[tuple[str, PhotoFile]]:
    """The files in a zip file with their names, without hidden ones, such as those that macOS adds."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError):
        raise DataError(f"{path} is not a whole zip file: download it again") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; check it, or copy it again") from None
    seen = [member for member in members if not PurePosixPath(member.filename).name.startswith(".")]
    if any(member.flag_bits & _ENCRYPTED for member in seen):
        raise DataError(f"{path} is encrypted: unpack it into a folder beside it, and take it away")
    for member in seen:
        if member.compress_type not in _UNPACKED_HERE:
            kind = _OTHER_WAYS.get(member.compress_type, f"method {member.compress_type}")
            raise DataError(
                f"{path} is packed in a way that is not read here ({kind}): unpack it into a folder, and take it away"
            )
    return [(_name_of(member), PhotoFile(path, member.filename)) for member in seen]


def _name_of(member: zipfile.ZipInfo) -> str:
    """The name as it was on the packer's disk: macOS writes UTF-8 without saying so, where Python reads code page 437."""
    name = member.filename.replace("\\", "/")
    if member.flag_bits & _IN_UTF_8:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _same(one: PhotoFile, other: PhotoFile) -> bool:
    """Whether two files hold the same photo, as a zip file and what was unpacked of it do."""
    try:
        with one.open() as first, other.open() as second:
            return first.read() == second.read()
    except (OSError, zipfile.BadZipFile, zlib.error):
        return False
