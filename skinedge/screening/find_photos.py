"""Finds the photos in a folder, and names what it does not take for one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from skinedge.errors import ConfigError
from skinedge.files import files_in, readable_name
from skinedge.preprocess.file_formats import PHOTO_SUFFIXES, format_of

_HEAD = 4096
"""Bytes that tell the format of a file."""
_BREAKS = frozenset({"Cc", "Zl", "Zp"})
"""Unicode's categories of what breaks or hides a line: control characters, line and paragraph separators."""


@dataclass(frozen=True)
class FoundPhotos:
    """What lies under a folder, as sorted paths in it with "/"."""

    photos: tuple[str, ...]
    other_files: tuple[str, ...]
    hidden: tuple[str, ...]
    unreadable_folders: tuple[str, ...]


def find_photos(folder: Path, *, apart: tuple[Path | None, ...] = ()) -> FoundPhotos:
    """Looks in a folder, its subfolders and what they link to; files `apart` are neither photos nor named.

    Raises: ConfigError where there is no photo, or a name that would not fit in a line.
    """
    ours = {path.resolve() for path in apart if path is not None}
    below = files_in(folder)

    def names(paths: Iterable[Path]) -> tuple[str, ...]:
        return tuple(sorted(path.relative_to(folder).as_posix() for path in paths))

    files = [path for path in below.files if path.resolve() not in ours]
    photos = [path for path in files if is_photo(path)]
    others = sorted(set(files) - set(photos))
    found = FoundPhotos(names(photos), names(others), names(below.hidden), names(below.unreadable))
    if not photos:
        instead = (*found.unreadable_folders, *found.other_files, *found.hidden)[:3]
        there = f"; found {', '.join(map(readable_name, instead))}" if instead else ""
        raise ConfigError(f"no photo in {folder}: expected files that end in {', '.join(PHOTO_SUFFIXES)}{there}")
    broken = [name for name in found.photos if any(unicodedata.category(letter) in _BREAKS for letter in name)]
    if broken:
        raise ConfigError(f"the name {broken[0]!r} holds a line break or the like: give the photo another name")
    return found


def is_photo(path: Path) -> bool:
    """Whether a file is to be screened: by its name, so that its row says what is wrong with it, or else by its content."""
    if path.suffix.lower() in PHOTO_SUFFIXES:
        return path.is_file() or path.is_symlink()  # A link to nothing has a row, too.
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            found = format_of(file.read(_HEAD))
    except OSError:
        return False
    return found is not None and found.media_type is not None
