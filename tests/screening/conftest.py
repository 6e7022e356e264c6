"""Fixtures of the tests of screening."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fakes


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with three photos in two levels, a text and a hidden file."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "more/c.png"):
        fakes.photo(folder / name)
    (folder / "notes.txt").write_text("not a photo")
    (folder / ".hidden.jpg").write_text("not ours")
    return folder
