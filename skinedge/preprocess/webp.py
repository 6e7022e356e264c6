"""What a WebP file says of itself: whether it is whole."""

from __future__ import annotations

from skinedge.preprocess.refusals import HOLE, Refused


def check_webp(data: bytes) -> None:
    """Raises: Refused for a file that is cut short, or has a hole in its pixels, which the decoder fills without a word."""
    at, end = 12, 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Refused("damaged")
    while at + 8 <= end:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind in (b"VP8 ", b"VP8L") and HOLE in data[at + 8 : at + 8 + length]:
            raise Refused("damaged")
        # Padded to an even length.
        at += 8 + length + length % 2
