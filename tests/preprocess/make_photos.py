"""Writes `tests/fixtures/photos`: one picture in every way that it may reach the gate for pixels, and what may not pass.

`python -m tests.preprocess.make_photos`, with pillow-heif for the HEIC files, which writes them; otherwise they stay as they
are. Synthetic; each a few kB. `table.json` is what a gate in another language is held to: docs/photos.md.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageDraw, ImageFilter

from skinedge.preprocess import color_profiles
from skinedge.preprocess.color_profiles import SRGB_PRIMARIES, gamma_profile

FOLDER = Path(__file__).parents[1] / "fixtures" / "photos"
SIDE_PX, GRID = 48, 4
DISPLAY_P3 = gamma_profile(None, color_profiles._PRIMARIES[12]) or b""
ADOBE_RGB = gamma_profile(1 / 2.19921875, (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)) or b""
LINEAR = gamma_profile(1.0, SRGB_PRIMARIES) or b""
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
)
EXIF_6 = b"Exif\0\0II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x112, 3, 1, 6, 0, 0)


def picture() -> Image.Image:
    """A red spot on skin, with a corner of another colour each, so that a wrong turn or a wrong colour shows."""
    y, x = np.mgrid[0:108, 0:144]
    skin = np.stack([215 - x / 6, 160 - y / 5, 130 + x / 12], axis=-1).astype(np.uint8)
    image = Image.fromarray(skin)
    draw = ImageDraw.Draw(image)
    for corner, colour in (((18, 0), (200, 40, 40)), ((102, 0), (40, 170, 60)), ((18, 84), (40, 60, 190))):
        draw.rectangle((*corner, corner[0] + 23, corner[1] + 23), fill=colour)
    draw.ellipse((52, 36, 92, 72), fill=(170, 45, 35))
    return image.filter(ImageFilter.GaussianBlur(1))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **({"quality": 92, "subsampling": 0} if kind == "JPEG" else {}) | options)
    return stream.getvalue()


def in_profile(profile: bytes) -> Image.Image:
    """The picture, its numbers those of another profile."""
    given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    image = ImageCms.profileToProfile(
        picture(), ImageCms.createProfile("sRGB"), given, ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    assert image is not None
    # Encoders would write the profile along.
    image.info.clear()
    return image


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """A PNG file with more chunks after its header."""
    return png[:33] + b"".join(chunks) + png[33:]


def deep_png() -> bytes:
    """16 bits a channel."""
    rows = (np.asarray(picture()).astype(">u2") * 257).reshape(108, -1)
    body = b"".join(b"\0" + row.tobytes() for row in rows)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 144, 108, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def scan(jpeg: bytes) -> int:
    """Where the segment that starts the scan is."""
    return jpeg.index(b"\xff\xda")


def middle(data: bytes, new: bytes, cut: int | None = None) -> bytes:
    """A file whose middle is other bytes."""
    at = len(data) // 2
    return data[:at] + new + data[at + (len(new) if cut is None else cut) :]


def clear(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    image.putpixel((70, 50), (0, 0, 0, 0))
    return image


def with_nclx(data: bytes, primaries: int, transfer: int) -> bytes:
    """A HEIC or AVIF file that numbers its colours otherwise."""
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def good() -> dict[str, bytes]:
    """Files that show the picture."""
    image, turned = picture(), picture().transpose(Image.Transpose.ROTATE_90)
    jpeg, png = encoded(image), encoded(image, "PNG")
    p3, adobe, linear = in_profile(DISPLAY_P3), in_profile(ADOBE_RGB), in_profile(LINEAR)
    gamma = struct.pack(">I", 100_000)
    points = struct.pack(">8I", *(round(v * 1e5) for v in (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)))
    start = scan(jpeg)
    length = struct.unpack(">H", jpeg[start + 2 : start + 4])[0]
    return {
        "plain.jpg": jpeg,
        "plain.png": png,
        "plain.webp": encoded(image, "WEBP", quality=95),
        "plain.avif": encoded(image, "AVIF", quality=95),
        "jpeg_named.heic": jpeg,
        "png_named.jpg": png,
        "webp_named.jpg": encoded(image, "WEBP", quality=95),
        "half_chroma.jpg": encoded(image, subsampling=2),
        "progressive.jpg": encoded(image, progressive=True),
        "restarts.jpg": encoded(image, restart_marker_rows=1),
        "several_pictures.jpg": encoded(image, "MPO", save_all=True, append_images=[Image.new("RGB", (72, 54), "lime")]),
        "motion_photo.jpg": jpeg + b"\0\0\0\x18ftypmp42" + bytes(range(256)) + b"SEFHe\0\0\0",
        "samsung_scan.jpg": jpeg[: start + length - 1] + b"\0\0\0" + jpeg[start + length + 2 :],
        "zeros_before_end.jpg": jpeg[:-2] + bytes(8) + jpeg[-2:],
        "jfif_2.jpg": jpeg.replace(b"JFIF\0\1", b"JFIF\0\2", 1),
        "exif_turned.jpg": encoded(turned, exif=EXIF_6),
        "exif_turned.png": encoded(turned, "PNG", exif=EXIF_6),
        "exif_turned.webp": encoded(turned, "WEBP", quality=95, exif=EXIF_6),
        "exif_beats_xmp.jpg": encoded(turned, exif=EXIF_6, xmp=XMP % 3),
        "xmp_alone_is_not_followed.jpg": encoded(image, xmp=XMP % 6),
        "container_turned.avif": encoded(turned, "AVIF", quality=95, exif=EXIF_6),
        "opaque.png": encoded(image.convert("RGBA"), "PNG"),
        "srgb_profile.jpg": encoded(image, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
        "display_p3.jpg": encoded(p3, icc_profile=DISPLAY_P3),
        "display_p3.png": encoded(p3, "PNG", icc_profile=DISPLAY_P3),
        "display_p3.webp": encoded(p3, "WEBP", quality=95, icc_profile=DISPLAY_P3),
        "display_p3.avif": encoded(p3, "AVIF", quality=95, icc_profile=DISPLAY_P3),
        "display_p3_nclx.avif": with_nclx(encoded(p3, "AVIF", quality=95), 12, 13),
        "adobe_rgb.jpg": encoded(adobe, icc_profile=ADOBE_RGB),
        "cicp_display_p3.png": with_chunks(encoded(p3, "PNG"), chunk(b"cICP", bytes([12, 13, 0, 1]))),
        "cicp_beats_profile.png": with_chunks(
            encoded(p3, "PNG", icc_profile=ADOBE_RGB), chunk(b"cICP", bytes([12, 13, 0, 1]))
        ),
        "gamma_1.png": with_chunks(encoded(linear, "PNG"), chunk(b"gAMA", gamma)),
        "gamma_and_primaries.png": with_chunks(
            encoded(adobe, "PNG"), chunk(b"gAMA", struct.pack(">I", 45470)), chunk(b"cHRM", points)
        ),
        "srgb_beats_gamma.png": with_chunks(png, chunk(b"sRGB", b"\0"), chunk(b"gAMA", gamma)),
        "gamma_2.2.png": with_chunks(png, chunk(b"gAMA", struct.pack(">I", 45455))),
    }


def heic_good(heic: Callable[..., bytes]) -> dict[str, bytes]:
    """Files of HEIC that show the picture."""
    p3 = in_profile(DISPLAY_P3)
    turned = picture().transpose(Image.Transpose.ROTATE_90)
    plain = heic(picture())
    return {
        "plain.heic": plain,
        "heic_named.jpg": plain,
        "container_turned.heic": heic(turned, exif=EXIF_6),
        "display_p3.heic": heic(p3, icc_profile=DISPLAY_P3),
        "display_p3_nclx.heic": heic(
            p3, color_primaries=12, transfer_characteristics=13, matrix_coefficients=6, full_range_flag=1
        ),
    }


def bad() -> dict[str, tuple[str, bytes]]:
    """Files that are refused, with the code."""
    image = picture()
    jpeg, png, webp, avif = (encoded(image, kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF"))
    progressive = encoded(image, progressive=True)
    grey_profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    frame = jpeg.index(b"\xff\xc0") + 1
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (108, 144, 3), dtype=np.uint8))
    noisy_webp = encoded(noise, "WEBP", quality=20)
    two = {"save_all": True, "append_images": [Image.new("RGB", image.size, "lime")]}
    key = struct.pack(">3H", *(int(v) for v in image.getpixel((0, 0)) or ()))  # type: ignore[union-attr]
    large = chunk(b"IHDR", struct.pack(">IIBBBBB", 11_000, 11_000, 8, 2, 0, 0, 0)) + chunk(
        b"IDAT", zlib.compress(b"\0" * 10)
    )
    dng = struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 50706, 1, 4, 0x101, 0)
    return {
        "empty.jpg": ("unknown", b""),
        "text.jpg": ("unknown", b"<!DOCTYPE html><html><body>404</body></html>"),
        "gif.gif": ("format", encoded(image.quantize(16), "GIF")),
        "bmp_named.jpg": ("format", encoded(image.crop((0, 0, 8, 8)), "BMP")),
        "tiff_named.jpg": ("format", encoded(image.crop((0, 0, 8, 8)), "TIFF")),
        "raw.dng": ("format", dng),
        "video_named.jpg": ("moving", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(64)),
        "moving.webp": ("moving", encoded(image, "WEBP", quality=50, **two)),
        "moving.png": ("moving", encoded(image, "PNG", **two)),
        "moving.avif": ("moving", encoded(image, "AVIF", quality=50, **two)),
        "arithmetic.jpg": ("rare_jpeg", jpeg[:frame] + b"\xc9" + jpeg[frame + 1 :]),
        "twelve_bits.jpg": ("deep", jpeg[: frame + 3] + b"\x0c" + jpeg[frame + 4 :]),
        "cut.jpg": ("damaged", jpeg[: len(jpeg) // 2]),
        "cut_with_end.jpg": ("damaged", jpeg[: len(jpeg) // 2] + b"\xff\xd9"),
        "no_end.jpg": ("damaged", jpeg[:-2]),
        "hole.jpg": ("damaged", middle(jpeg, bytes(512))),
        "bytes_missing.jpg": ("damaged", middle(jpeg, b"", 512)),
        "zeros_for_the_last_pixels.jpg": ("damaged", jpeg[:-602] + bytes(600) + jpeg[-2:]),
        "tail_of_zeros.jpg": ("damaged", jpeg[: len(jpeg) // 2] + bytes(len(jpeg) // 2)),
        "progressive_cut.jpg": ("damaged", progressive[: len(progressive) // 2] + b"\xff\xd9"),
        "restart_missing.jpg": ("damaged", encoded(image, restart_marker_rows=1).replace(b"\xff\xd2", b"", 1)),
        "cut.png": ("damaged", png[: len(png) // 2]),
        "hole.png": ("damaged", middle(png, bytes(64))),
        "byte_changed.png": ("damaged", middle(png, bytes([png[len(png) // 2] ^ 1]))),
        "cut.webp": ("damaged", webp[: len(webp) // 2]),
        "hole.webp": ("damaged", middle(noisy_webp, bytes(512))),
        "cut.avif": ("damaged", avif[: len(avif) // 2]),
        "small.jpg": ("too_small", encoded(image.resize((99, 120)))),
        "large.png": ("too_many_pixels", b"\x89PNG\r\n\x1a\n" + large + chunk(b"IEND", b"")),
        "grey.jpg": ("grey", encoded(image.convert("L"))),
        "cmyk.jpg": ("mode", encoded(image.convert("CMYK"))),
        "palette.png": ("few_colours", encoded(image.quantize(256), "PNG")),
        "deep.png": ("deep", deep_png()),
        "one_clear_pixel.png": ("transparent", encoded(clear(image), "PNG")),
        "clear_colour.png": ("transparent", with_chunks(png, chunk(b"tRNS", key))),
        "hdr.png": ("hdr", with_chunks(png, chunk(b"cICP", bytes([9, 16, 0, 1])))),
        "hdr.avif": ("hdr", with_nclx(avif, 9, 16)),
        "film_colours.png": ("colours", with_chunks(png, chunk(b"cICP", bytes([8, 13, 0, 1])))),
        "gamma_0.png": ("colours", with_chunks(png, chunk(b"gAMA", bytes(4)))),
        "torn_profile.jpg": ("colours", encoded(image, icc_profile=DISPLAY_P3[:200])),
        "profile_part_missing.jpg": ("colours", jpeg[:2] + _icc_part(1, 2, DISPLAY_P3[:200]) + jpeg[2:]),
        "profile_of_another_kind.jpg": ("colours", encoded(image, icc_profile=grey_profile)),
    }


def heic_bad(heic: Callable[..., bytes]) -> dict[str, tuple[str, bytes]]:
    """Files of HEIC that are refused, with the code."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (108, 144, 3), dtype=np.uint8))
    plain = heic(noise, quality=20)
    return {
        "cut.heic": ("damaged", plain[: len(plain) // 2]),
        "hole.heic": ("damaged", plain[: -len(plain) // 2] + bytes(512) + plain[-len(plain) // 2 + 512 :]),
        "hdr.heic": (
            "hdr",
            heic(picture(), color_primaries=9, transfer_characteristics=18, matrix_coefficients=9, full_range_flag=1),
        ),
    }


def means(pixels: np.ndarray[Any, Any]) -> list[list[int]]:
    """Means of red, green and blue in each cell of the square, in rows."""
    cell = SIDE_PX // GRID
    found = pixels.reshape(GRID, cell, GRID, cell, 3).mean(axis=(1, 3)).reshape(-1, 3)
    return [[round(float(value)) for value in row] for row in found]


def write(folder: Path) -> None:
    """Writes the files and their table."""
    folder.mkdir(exist_ok=True)
    image = picture()
    files: dict[str, str] = dict.fromkeys(good(), "")
    contents = good() | {name: data for name, (_, data) in bad().items()}
    files |= {name: code for name, (code, _) in bad().items()}
    try:
        import pillow_heif  # type: ignore[import-not-found]
    except ImportError:
        kept = json.loads((folder / "table.json").read_text(encoding="utf-8"))["files"]
        files |= {name: code for name, code in kept.items() if name not in files}
    else:

        def heic(photo: Image.Image, *, quality: int = 95, **options: Any) -> bytes:
            stream = io.BytesIO()
            pillow_heif.from_pillow(photo).save(stream, quality=quality, chroma=444, **options)
            return stream.getvalue()

        contents |= heic_good(heic) | {name: data for name, (_, data) in heic_bad(heic).items()}
        files |= dict.fromkeys(heic_good(heic), "") | {name: code for name, (code, _) in heic_bad(heic).items()}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    square = image.crop((18, 0, 126, 108)).resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
    table = {
        "side_px": SIDE_PX,
        "minimum_side_px": 100,
        "maximum_pixels": 120_000_000,
        "grid": GRID,
        "tolerance": 3,
        "means": means(np.asarray(square)),
        "files": dict(sorted(files.items())),
    }
    (folder / "table.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def _icc_part(number: int, of: int, body: bytes) -> bytes:
    payload = b"ICC_PROFILE\0" + bytes([number, of]) + body
    return b"\xff\xe2" + struct.pack(">H", len(payload) + 2) + payload


if __name__ == "__main__":
    write(FOLDER)
