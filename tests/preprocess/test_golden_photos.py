"""The gate for pixels against the table that holds the gates of other languages too."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from PIL import Image

from skinedge.contract import ImageSpec
from skinedge.errors import PhotoError
from skinedge.preprocess.file_formats import HEIC, format_of
from skinedge.preprocess.photo import browser_photo, load_photo
from skinedge.preprocess.refusals import REFUSALS
from tests.preprocess import make_photos
from tests.preprocess.make_photos import FOLDER

TABLE = json.loads((FOLDER / "table.json").read_text(encoding="utf-8"))
SPEC = ImageSpec(side_px=TABLE["side_px"])
FILES: dict[str, str] = TABLE["files"]
OTHER_COLOURS = ("display_p3", "adobe", "cicp", "gamma_1", "gamma_and")


@pytest.mark.parametrize("name", FILES)
def test_each_file_shows_the_picture_or_is_refused_for_its_reason(name: str) -> None:
    path, refused = FOLDER / name, FILES[name]
    if format_of(path.read_bytes()) is HEIC:
        pytest.importorskip("pi_heif")
    if refused:
        with pytest.raises(PhotoError) as error:
            load_photo(path, SPEC)
        assert error.value.code == refused
        return
    difference = np.subtract(make_photos.means(load_photo(path, SPEC)), TABLE["means"])
    assert np.abs(difference).max() <= TABLE["tolerance"]


def test_the_table_is_of_the_files_and_reaches_every_refusal() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"table.json", *FILES}
    not_of_a_file = {"missing", "folder", "unreadable", "too_large", "no_heic"}
    assert set(FILES.values()) - {""} == set(REFUSALS) - not_of_a_file


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(OTHER_COLOURS) and not name.endswith(".heic")])
def test_colours_that_are_not_converted_would_be_seen(name: str) -> None:
    with Image.open(FOLDER / name) as image:
        square = image.convert("RGB").crop((18, 0, 126, 108)).resize((SPEC.side_px, SPEC.side_px))
    raw = make_photos.means(np.asarray(square))
    assert np.abs(np.subtract(raw, TABLE["means"])).max() > 3 * TABLE["tolerance"]


def test_a_heic_photo_without_its_decoder_names_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(PhotoError, match=r"HEIC photo.*set the phone to JPEG.*Most Compatible") as error:
        load_photo(FOLDER / "plain.heic", SPEC)
    assert error.value.code == "no_heic" and "again" not in str(error.value)


def test_a_browser_is_given_heic_as_jpeg_and_all_else_as_it_is() -> None:
    pytest.importorskip("pi_heif")
    shown, media_type = browser_photo((FOLDER / "display_p3.heic").read_bytes())
    assert media_type == "image/jpeg"
    assert np.abs(np.subtract(make_photos.means(load_photo(shown, SPEC)), TABLE["means"])).max() <= TABLE["tolerance"]
    for name, kind in (("plain.jpg", "image/jpeg"), ("plain.png", "image/png"), ("webp_named.jpg", "image/webp")):
        data = (FOLDER / name).read_bytes()
        assert browser_photo(data) == (data, kind)


def test_a_profile_that_is_srgb_changes_not_one_pixel() -> None:
    np.testing.assert_array_equal(load_photo(FOLDER / "srgb_profile.jpg", SPEC), load_photo(FOLDER / "plain.jpg", SPEC))
    np.testing.assert_array_equal(load_photo(FOLDER / "gamma_2.2.png", SPEC), load_photo(FOLDER / "plain.png", SPEC))
    np.testing.assert_array_equal(load_photo(FOLDER / "opaque.png", SPEC), load_photo(FOLDER / "plain.png", SPEC))


@pytest.mark.parametrize("name", ["hole.jpg", "deep.png", "byte_changed.png"])
def test_an_image_that_pillow_has_only_opened_goes_through_the_gate(name: str) -> None:
    with Image.open(FOLDER / name) as image, pytest.raises(PhotoError) as error:
        load_photo(image, SPEC)
    assert error.value.code == FILES[name]


def test_an_opened_image_stays_of_use_and_a_decoded_one_has_its_profile() -> None:
    for name in ("display_p3.jpg", "display_p3.png"):
        with Image.open(FOLDER / name) as image:
            np.testing.assert_array_equal(load_photo(image, SPEC), load_photo(FOLDER / name, SPEC))
            image.load()
            assert (
                np.abs(np.subtract(make_photos.means(load_photo(image, SPEC)), TABLE["means"])).max() <= TABLE["tolerance"]
            )


def test_a_file_damaged_anywhere_is_pixels_or_one_line() -> None:
    random = np.random.default_rng(3)
    names = [name for name in FILES if (FOLDER / name).stat().st_size]
    for _ in range(600):
        data = bytearray((FOLDER / str(random.choice(names))).read_bytes())
        # The head is where the format lives; most of a file is pixels.
        at = int(random.integers(min(len(data), 900) if random.random() < 0.7 else len(data)))
        if random.random() < 0.7:
            data[at] ^= 1 << int(random.integers(8))
        else:
            data[at : at + 4] = b"\xff" * 4
        try:
            assert load_photo(bytes(data), SPEC).shape == (SPEC.side_px, SPEC.side_px, 3)
        except PhotoError as error:
            assert "\n" not in str(error) and error.code
