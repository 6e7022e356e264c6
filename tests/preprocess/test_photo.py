"""Any file is either a photo that gives a square of pixels, or one line that says what is wrong with it."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skinedge import cli
from skinedge.contract import ImageSpec
from skinedge.errors import PhotoError
from skinedge.preprocess.photo import PhotoFile, load_photo
from tests import fakes
from tests.conftest import Command

SPEC = ImageSpec(side_px=64)
GREY, COLOUR = 0, 2


def png(path: Path, width: int, height: int, *, bits: int = 8, kind: int = COLOUR, whole: bool = True) -> None:
    """Writes a PNG by hand, for what Pillow cannot write; `whole=False` leaves nearly all pixels out."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"\0" + bytes(range(256)) * (width * (3 if kind == COLOUR else 1) * bits // 8 // 256 + 1)
    row = row[: 1 + width * (3 if kind == COLOUR else 1) * bits // 8]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    pixels = zlib.compress(row * height if whole else b"\0" * 10)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def truncated(path: Path) -> None:
    fakes.photo(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def with_alpha(path: Path, alpha: int) -> None:
    image = Image.fromarray(fakes.lesion_pixels()).convert("RGBA")
    image.putpixel((0, 0), (0, 0, 0, alpha))
    image.save(path)


def damaged_exif(path: Path) -> None:
    """A rotated photo whose EXIF gives its resolution as text, as a flipped byte can make it."""
    entries = struct.pack("<HHIHH", 0x112, 3, 1, 6, 0) + struct.pack("<HHI4s", 0x11A, 2, 4, b"abc\0")
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + b"\0" * 4
    Image.fromarray(fakes.lesion_pixels()).save(path, exif=exif)


BAD: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "truncated": ("a.jpg", truncated, "damaged or cut short"),
    "text": ("a.jpg", lambda path: path.write_text("Dear doctor\n"), "not a photo"),
    "empty": ("a.jpg", lambda path: path.write_bytes(b""), "not a photo"),
    "gif": ("a.gif", fakes.photo, "is a GIF file: set the camera to JPEG"),
    "missing": ("a.jpg", lambda path: None, "no photo at"),
    "1x1": ("a.png", lambda path: fakes.photo(path, side_px=1), "too small: got 1 x 1, expected at least 100"),
    "20000x20000": ("a.png", lambda path: png(path, 20_000, 20_000, whole=False), "too large"),
    "11000x11000": ("a.png", lambda path: png(path, 11_000, 11_000, whole=False), "too large: got 11000 x 11000"),
    "no pixels": ("a.png", lambda path: png(path, 200, 200, whole=False), "damaged or cut short"),
    "cmyk": ("a.jpg", lambda path: Image.new("CMYK", (200, 200)).save(path), "CMYK"),
    "16-bit colour": ("a.png", lambda path: png(path, 200, 200, bits=16), "more than 8 bits"),
    "16-bit grey": ("a.png", lambda path: png(path, 200, 200, bits=16, kind=GREY), "more than 8 bits"),
    "transparent": ("a.png", lambda path: with_alpha(path, 254), "transparent"),
    "grey": ("a.jpg", lambda path: Image.new("L", (200, 200)).save(path), "greyscale"),
    "1-bit": ("a.png", lambda path: Image.new("1", (200, 200)).save(path), "greyscale"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_photo_is_one_line(case: str, tmp_path: Path, bundle: Path, skinedge: Command) -> None:
    name, write, says = BAD[case]
    path = tmp_path / name
    write(path)
    with pytest.raises(PhotoError, match=says) as error:
        load_photo(path, SPEC)
    assert "\n" not in str(error.value) and name in str(error.value)
    code, out, err = skinedge("screen", path, "--model", bundle, "--allow-unsigned")
    assert (code, out) == (1, "")
    assert err == f"skinedge: {error.value}\n"


def test_a_disk_that_fails_is_not_called_a_damaged_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: PhotoFile) -> object:
        raise OSError(5, "Input/output error", str(self.path))

    monkeypatch.setattr(PhotoFile, "open", fail)
    with pytest.raises(PhotoError, match=r"^cannot read .*a\.jpg: check that you may read it") as error:
        load_photo(tmp_path / "a.jpg", SPEC)
    assert "Input/output" not in str(error.value)


def test_a_folder_is_no_photo(tmp_path: Path) -> None:
    """Of the command line it is a folder of photos, see `tests/screening/test_folder.py`."""
    with pytest.raises(PhotoError, match=r"is a folder, not a photo"):
        load_photo(tmp_path, SPEC)


@pytest.mark.parametrize("side_px", [100, 300, 1001])
def test_a_good_photo_is_a_square_of_the_size_asked_for(tmp_path: Path, side_px: int) -> None:
    pixels = load_photo(fakes.photo(tmp_path / "a.jpg", side_px=side_px), SPEC)
    assert pixels.shape == (64, 64, 3) and pixels.dtype == np.uint8
    assert pixels[32, 32].mean() < 100 < pixels[2, 2].mean()  # The spot is in the middle still.


def test_the_centre_is_kept(tmp_path: Path) -> None:
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[:, 100:300] = (10, 200, 30)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert (load_photo(tmp_path / "a.png", SPEC) == (10, 200, 30)).all()


@pytest.mark.parametrize(("orientation", "row", "column"), [(1, 0, 0), (3, -1, -1), (6, 0, -1), (8, -1, 0), (2, 0, -1)])
def test_a_rotated_photo_is_turned_upright(tmp_path: Path, orientation: int, row: int, column: int) -> None:
    pixels = np.full((200, 200, 3), 40, np.uint8)
    pixels[:50, :50] = (250, 20, 20)
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x112] = orientation
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    loaded = load_photo(tmp_path / "a.jpg", SPEC)
    corners = {(r, c): loaded[r, c, 0] > 150 for r in (0, -1) for c in (0, -1)}
    assert corners == {(r, c): (r, c) == (row, column) for r in (0, -1) for c in (0, -1)}


def test_damaged_exif_neither_stops_nor_hides_the_orientation(tmp_path: Path) -> None:
    damaged_exif(tmp_path / "a.jpg")
    Image.fromarray(fakes.lesion_pixels()).save(tmp_path / "plain.jpg")
    turned = np.rot90(load_photo(tmp_path / "plain.jpg", SPEC), -1)
    difference = load_photo(tmp_path / "a.jpg", SPEC).astype(int) - turned
    assert np.abs(difference).max() <= 1  # Resizing the turned photo rounds otherwise.


def exif_photo(path: Path, orientation_entry: bytes) -> None:
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + orientation_entry + b"\0" * 4
    Image.fromarray(fakes.lesion_pixels()).save(path, exif=exif)


@pytest.mark.parametrize(
    "entry",
    [
        struct.pack("<HHIHH", 0x112, 3, 1, 99, 0),  # No such orientation.
        struct.pack("<HHIHH", 0x112, 3, 1, 0, 0),
        struct.pack("<HHI4s", 0x112, 2, 4, b"six\0"),  # Text.
        struct.pack("<HHII", 0x112, 5, 1, 0xFFFF_FFF0),  # A fraction that lies behind the end.
        struct.pack("<HHII", 0x112, 3, 900, 8),  # Many values.
        struct.pack("<HH", 0x112, 3),  # Cut short.
    ],
)
def test_an_odd_orientation_is_taken_as_upright(tmp_path: Path, entry: bytes, bundle: Path, skinedge: Command) -> None:
    exif_photo(tmp_path / "odd.jpg", entry)
    Image.fromarray(fakes.lesion_pixels()).save(tmp_path / "plain.jpg")
    assert (load_photo(tmp_path / "odd.jpg", SPEC) == load_photo(tmp_path / "plain.jpg", SPEC)).all()
    code, _, err = skinedge("screen", tmp_path / "odd.jpg", "--model", bundle, "--allow-unsigned")
    assert (code, err) == (0, "")


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_what_pillow_warns_of_reaches_no_user(tmp_path: Path, name: str, bundle: Path) -> None:
    # Two orientations, where Pillow expects one: it warns, and takes the first.
    exif_photo(tmp_path / name, struct.pack("<HHIHH", 0x112, 3, 2, 6, 6))
    with pytest.warns(UserWarning, match="tag 274 had too many entries"):
        load_photo(tmp_path / name, SPEC)
    # In a process of its own: pytest has filters of its own.
    command = [sys.executable, "-m", "skinedge.cli", "screen", str(tmp_path / name)]
    command += ["--model", str(bundle), "--allow-unsigned"]
    environment = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_bit_flipped_anywhere_gives_pixels_or_one_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("a.jpg", "a.png"):
        image = Image.fromarray(fakes.lesion_pixels(104))
        exif = image.getexif()
        exif[0x112] = 6
        image.save(tmp_path / name, exif=exif)
        whole = (tmp_path / name).read_bytes()
        for _ in range(150):
            damaged = bytearray(whole)
            # The head is where the format lives; most of a file is pixels.
            damaged[rng.integers(2, 400 if rng.random() < 0.7 else len(whole))] ^= 1 << int(rng.integers(8))
            (tmp_path / name).write_bytes(damaged)
            try:
                assert load_photo(tmp_path / name, SPEC).shape == (64, 64, 3)
            except PhotoError as error:
                assert "\n" not in str(error)


def test_a_damaged_member_of_a_zip_is_one_line(tmp_path: Path) -> None:
    fakes.photo(tmp_path / "a.png")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "a.png", "a.png")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[60:90] = b"\xff" * 30
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(PhotoError, match=r"a\.zip:a\.png is damaged"):
        load_photo(PhotoFile(tmp_path / "a.zip", "a.png"), SPEC)


def test_an_opaque_rgba_png_is_accepted(tmp_path: Path) -> None:
    with_alpha(tmp_path / "a.png", 255)
    assert load_photo(tmp_path / "a.png", SPEC).shape == (64, 64, 3)
