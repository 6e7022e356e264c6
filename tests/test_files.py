"""Text files are written whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from skinedge.files import write_whole


def test_a_file_appears_with_its_folder_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.html"
    for text in ("été", "winter"):
        write_whole(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert [entry.name for entry in path.parent.iterdir()] == ["page.html"]
    # Others may read it, as with any file that a program writes.
    assert path.stat().st_mode & stat.S_IRGRP


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_whole(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "\ud800")
    assert path.read_text() == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
