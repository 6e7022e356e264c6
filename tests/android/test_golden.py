"""The files that the Kotlin core is tested with are those that this program makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from android_demo.ci import golden


@pytest.fixture(scope="module")
def anew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden") / "golden"
    golden.write(folder)
    return folder


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_files_are_fresh(anew: Path) -> None:
    assert files(anew) == files(golden.FOLDER), "run python -m android_demo.ci.golden"
    for name in files(anew):
        made, kept = anew / name, golden.FOLDER / name
        if made.suffix in (".png", ".jpg"):
            # Encoders differ between versions of their libraries; what is in the pictures must not.
            difference = np.asarray(Image.open(made), dtype=int) - np.asarray(Image.open(kept), dtype=int)
            assert np.abs(difference).max() <= (0 if made.suffix == ".png" else 3), name
        else:
            assert made.read_bytes() == kept.read_bytes(), f"{name} is stale: run python -m android_demo.ci.golden"


def test_the_cases_reach_every_branch(anew: Path) -> None:
    text = (anew / "cases.json").read_text(encoding="utf-8")
    decisions = ("refer", "watch", "cannot assess")
    reasons = ("almost_black", "almost_white", "one_colour")
    advice = ("blurred", "dark", "glare", "tiny_lesion", "no_skin")
    for word in decisions + reasons + advice:
        assert f'"{word}"' in text, word
