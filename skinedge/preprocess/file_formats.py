"""The formats of photos: what a file is by its first bytes, whatever its name says, and which of them are decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileFormat:
    """A format of files."""

    name: str
    """As people call it."""
    media_type: str | None = None
    """For formats that are decoded; None for those that are refused by name."""


JPEG = FileFormat("JPEG", "image/jpeg")
PNG = FileFormat("PNG", "image/png")
WEBP = FileFormat("WebP", "image/webp")
AVIF = FileFormat("AVIF", "image/avif")
HEIC = FileFormat("HEIC", "image/heic")
RAW = FileFormat("RAW")
VIDEO = FileFormat("video")
TIFF = FileFormat("TIFF")
JPEG_2000 = FileFormat("JPEG 2000")
JPEG_XL = FileFormat("JPEG XL")

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".heic", ".heif", ".hif")
"""Names under which photos are looked for in a folder; what a file is, its bytes say."""

SIGNATURES: tuple[tuple[FileFormat, int, bytes], ...] = (
    (JPEG, 0, b"\xff\xd8\xff"),
    (PNG, 0, b"\x89PNG\r\n\x1a\n"),
    (WEBP, 8, b"WEBP"),
    (FileFormat("GIF"), 0, b"GIF8"),
    (FileFormat("BMP"), 0, b"BM"),
    (RAW, 0, b"FUJIFILMCCD-RAW"),
    (RAW, 0, b"IIU\0"),
    (RAW, 0, b"IIRO"),
    (RAW, 8, b"CR\x02\0"),
    (TIFF, 0, b"II*\0"),
    (TIFF, 0, b"MM\0*"),
    (TIFF, 0, b"II+\0"),
    (TIFF, 0, b"MM\0+"),
    (FileFormat("Photoshop"), 0, b"8BPS"),
    (JPEG_2000, 0, b"\0\0\0\x0cjP  \r\n\x87\n"),
    (JPEG_2000, 0, b"\xff\x4f\xff\x51"),
    (JPEG_XL, 0, b"\0\0\0\x0cJXL \r\n\x87\n"),
    (JPEG_XL, 0, b"\xff\x0a"),
    (FileFormat("DICOM"), 128, b"DICM"),
    (FileFormat("PDF"), 0, b"%PDF-"),
    (FileFormat("ZIP"), 0, b"PK\x03\x04"),
    (VIDEO, 8, b"AVI "),
    (VIDEO, 0, b"\x1aE\xdf\xa3"),
)
"""A format, and where which bytes stand in its files. The first that fits counts."""

_BRANDS = (
    (AVIF, ("avif", "avis")),
    (HEIC, ("heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1", "mif2")),
    (RAW, ("crx ",)),
)
"""Brands of the container that HEIC, AVIF, Canon's raw files and videos share; any other is a video."""


def format_of(data: bytes) -> FileFormat | None:
    """The format of a file; None where nothing here knows it."""
    if data[4:8] == b"ftyp":
        # The brand that was written first, then those that the file is compatible with.
        names = [data[8:12], *(data[at : at + 4] for at in range(16, min(int.from_bytes(data[:4]), 512), 4))]
        brands = [name.decode("latin-1") for name in names]
        return next((known for known, those in _BRANDS if any(brand in those for brand in brands)), VIDEO)
    for known, at, signature in SIGNATURES:
        if data[at : at + len(signature)] == signature:
            return RAW if known is TIFF and _is_dng(data) else known
    return None


def media_type(data: bytes) -> str:
    """The media type of a photo that was accepted."""
    found = format_of(data)
    return (found and found.media_type) or "application/octet-stream"


def _is_dng(data: bytes) -> bool:
    """Whether a TIFF file has the version number of DNG among its first entries."""
    order = "little" if data[:1] == b"I" else "big"
    start = int.from_bytes(data[4:8], order)  # type: ignore[arg-type]
    entries = int.from_bytes(data[start : start + 2], order)  # type: ignore[arg-type]
    tags = [data[start + 2 + 12 * i : start + 4 + 12 * i] for i in range(min(entries, 200))]
    return (50706).to_bytes(2, order) in tags  # type: ignore[arg-type]
