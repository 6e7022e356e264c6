"""A photo may be a path, the path's text, bytes, an image or an array; what is hashed is what was decoded."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skinedge.errors import DataError, PhotoError
from skinedge.preprocess.photo import Photo, PhotoFile
from skinedge.screening.screener import Screener


@pytest.fixture
def screener(bundle: Path) -> Screener:
    return Screener(str(bundle), allow_unsigned=True)


def test_every_form_of_a_photo_gets_the_same_answer(screener: Screener, photo: Path) -> None:
    with Image.open(photo) as image:
        image.load()
        forms: list[Photo] = [photo, str(photo), photo.read_bytes(), PhotoFile(photo), image, np.asarray(image)]
        results = [screener.screen(form) for form in forms]
    assert {result.malignancy_score for result in results[:4]} == {results[0].malignancy_score}
    # A decoder that is told the size leaves out detail; whoever gives pixels has decoded all of it.
    assert results[4].malignancy_score == results[5].malignancy_score == pytest.approx(results[0].malignancy_score, abs=1e-4)
    of_file = hashlib.sha256(photo.read_bytes()).hexdigest()
    assert [result.photo_sha256 == of_file for result in results] == [True] * 4 + [False] * 2
    assert results[4].photo_sha256 == results[5].photo_sha256


def test_the_hash_is_of_the_bytes_that_were_screened(
    screener: Screener, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = photo.read_bytes()
    run = screener._engine.probabilities

    def swapped(*inputs: object) -> object:
        photo.write_bytes(b"another photo, written while this one is screened")
        return run(*inputs)  # type: ignore[arg-type]

    monkeypatch.setattr(screener._engine, "probabilities", swapped)
    assert screener.screen(photo).photo_sha256 == hashlib.sha256(first).hexdigest()


@pytest.mark.parametrize(
    "wrong", [np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3)), np.zeros((64, 64, 4), np.uint8), 7, None, io.BytesIO()]
)
def test_what_is_no_photo_is_one_line(screener: Screener, wrong: object) -> None:
    with pytest.raises(DataError, match=r"^got .+, expected .+$"):
        screener.screen(wrong)  # type: ignore[arg-type]


def test_a_path_that_is_no_file_is_one_line(screener: Screener, tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no photo at"):
        screener.screen(str(tmp_path / "none.jpg"))
