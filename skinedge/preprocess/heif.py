"""HEIC and AVIF files, which share a container: what their colours mean, and the decoder of HEIC."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image

from skinedge.preprocess.refusals import HOLE, Refused

_UNSPECIFIED = (2, 2)
_CODED = (b"hvc1", b"av01")
"""Kinds of items that hold pixels; of a large photo each is a tile."""
_MOST_PARTS = 10_000
"""No camera cuts a photo into more."""


def open_heic(data: bytes) -> Image.Image:
    """The main photo of a HEIC file, its header read, upright. Raises: Refused where the decoder is not installed."""
    try:
        from pi_heif import HeifImageFile
    except ImportError:
        raise Refused("no_heic") from None
    image: Image.Image = HeifImageFile(io.BytesIO(data))
    return image


def code_points(data: bytes) -> tuple[int, int]:
    """Primaries and transfer function of the main photo, as ITU-T H.273 numbers them; (2, 2) where it does not say.

    Raises: Refused where the container is damaged.
    """
    meta = dict(_boxes(data)).get(b"meta", b"")
    parts = dict(_boxes(meta[4:]))
    properties = dict(_boxes(parts.get(b"iprp", b"")))
    listed = list(_boxes(properties.get(b"ipco", b"")))
    main = parts.get(b"pitm", b"")
    main_id = int.from_bytes(main[4:8] if main[:1] == b"\1" else main[4:6])
    for index in _associated(properties.get(b"ipma", b""), main_id):
        if not 1 <= index <= len(listed):
            raise Refused("damaged")
        kind, body = listed[index - 1]
        if kind == b"colr" and body[:4] == b"nclx":
            return int.from_bytes(body[4:6]), int.from_bytes(body[6:8])
    return _UNSPECIFIED


def check_coded_items(data: bytes) -> None:
    """Raises: Refused where a part that holds pixels is missing or has a hole, which libde265 fills in silence."""
    parts = dict(_boxes(dict(_boxes(data)).get(b"meta", b"")[4:]))
    table = parts.get(b"iinf", b"")
    coded = set()
    for kind, entry in _boxes(table[8:] if table[:1] != b"\0" else table[6:]):
        id_bytes = 4 if entry[:1] == b"\3" else 2
        if kind == b"infe" and entry[6 + id_bytes : 10 + id_bytes] in _CODED:
            coded.add(int.from_bytes(entry[4 : 4 + id_bytes]))
    for place, (item, start, end) in enumerate(_places(parts.get(b"iloc", b""))):
        if item in coded and (place > _MOST_PARTS or end > len(data) or HOLE in data[start:end]):
            raise Refused("damaged")


def _places(table: bytes) -> Iterator[tuple[int, int, int]]:
    """Items, and where in the file their bytes start and end, for those that lie in the file's own data."""
    reader = io.BytesIO(table)

    def number(size: int) -> int:
        return int.from_bytes(reader.read(size))

    version, _, sizes = number(1), number(3), number(2)
    offset_bytes, length_bytes, base_bytes = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_bytes = sizes & 15 if version else 0
    for _ in range(number(4 if version == 2 else 2)):
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        number(2)
        base = number(base_bytes)
        for _ in range(number(2)):
            number(index_bytes)
            start, length = base + number(offset_bytes), number(length_bytes)
            if method == 0:
                yield item, start, start + length
        if reader.tell() >= len(table):
            return


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kinds and bodies of the boxes that follow each other."""
    at = 0
    while at + 8 <= len(data):
        size, kind, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        # 0: up to the end.
        size = size or len(data) - at
        if size < head:
            raise Refused("damaged")
        yield kind, data[at + head : at + size]
        at += size


def _associated(table: bytes, item: int) -> list[int]:
    """The positions, from 1, of the properties of an item."""
    wide_ids, wide_indices = table[:1] == b"\1", bool(table[3:4]) and bool(table[3] & 1)
    id_bytes, index_bytes = (4 if wide_ids else 2), (2 if wide_indices else 1)
    at = 8
    for _ in range(int.from_bytes(table[4:8])):
        if at >= len(table):
            raise Refused("damaged")
        found = int.from_bytes(table[at : at + id_bytes])
        count = int.from_bytes(table[at + id_bytes : at + id_bytes + 1])
        first = at + id_bytes + 1
        at = first + count * index_bytes
        if found == item:
            # The highest bit says whether a reader must know the property.
            mask = 0x7FFF if wide_indices else 0x7F
            return [int.from_bytes(table[i : i + index_bytes]) & mask for i in range(first, at, index_bytes)]
    return []
