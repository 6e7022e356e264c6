"""Decodes JPEG files, and refuses those with holes.

libjpeg fills what is missing with grey or with rubbish, and only warns; Pillow and OpenCV drop the warning. `simplejpeg`
uses the same library, gives the same pixels, and turns the warning into an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import simplejpeg
from PIL import Image

from skinedge.preprocess.refusals import Refused

_HUFFMAN = (0xC0, 0xC1, 0xC2)
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
"""Lossless, hierarchical and arithmetic-coded JPEG, which no phone writes, and no browser reads."""
_PROGRESSIVE, _START_OF_SCAN, _APP0, _END = 0xC2, 0xDA, 0xE0, 0xD9
_ALONE = (0x01, *range(0xD0, 0xD9))
"""Markers without a segment."""


def decode_jpeg(data: bytes, width: int, height: int, least_px: int) -> Image.Image:
    """Decodes a JPEG of `width` x `height`, at a half, a quarter or an eighth where both sides keep `least_px`.

    Less memory and time on a large photo: it skips detail that the resize would average away.

    Raises: Refused.
    """
    room = min(width // least_px, height // least_px)
    divisor = next((by for by in (8, 4, 2) if room >= by), 1)
    for reading in _readings(*plain_jpeg(data)):
        with suppress(ValueError):
            pixels = simplejpeg.decode_jpeg(reading, min_width=-(-width // divisor), min_height=-(-height // divisor))
            return Image.fromarray(pixels)
    raise Refused("damaged")


def plain_jpeg(data: bytes) -> tuple[bytes, int]:
    """The file without two oddities of its header that libjpeg warns of, although all pixels are there; where its scan is.

    Raises: Refused where it is not a frame of 8 bits that is Huffman-coded, or has no scan.
    """
    at, frame = 2, 0
    while at + 4 <= len(data):
        # Between segments libjpeg skips whatever is no marker, and warns.
        at = data.find(b"\xff", at)
        if at < 0 or at + 4 > len(data):
            break
        if data[at + 1] in (0, 0xFF):
            at += 1
            continue
        marker = data[at + 1]
        if marker in _ALONE:
            at += 2
            continue
        if marker == _END:
            break
        length = int.from_bytes(data[at + 2 : at + 4])
        if marker in _HUFFMAN + _OTHER_FRAMES:
            if marker in _OTHER_FRAMES:
                raise Refused("rare_jpeg")
            if data[at + 4 : at + 5] != b"\x08":
                raise Refused("deep")
            frame = marker
        if marker == _APP0 and data[at + 4 : at + 9] == b"JFIF\0":
            # Any version but 1 is warned of, and read all the same.
            data = _with(data, at + 9, b"\1")
        if marker == _START_OF_SCAN:
            # Samsung's cameras leave out which coefficients follow, in a scan that has all of them.
            return (data if frame == _PROGRESSIVE else _with(data, at + length - 1, b"\0\x3f\0")), at
        at += 2 + length
    raise Refused("damaged")


def _readings(data: bytes, scan: int) -> Iterator[bytes]:
    """The file as it is, and, should that not do, without zeros before its end, with which some cameras fill a block.

    The pixels themselves may end in a zero or two. More are not tried: what stands for lost pixels would pass.
    """
    yield data
    end = data.find(b"\xff\xd9", scan)
    if end > 0 and not data[end - 1]:
        kept = len(data[:end].rstrip(b"\0"))
        yield from (data[: kept + zeros] + data[end:] for zeros in range(min(3, end - kept)))


def _with(data: bytes, at: int, new: bytes) -> bytes:
    old = data[at : at + len(new)]
    return data if old == new else data[:at] + new + data[at + len(new) :]
