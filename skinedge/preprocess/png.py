"""What a PNG file says of itself: whether it is whole, and what its colours mean."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from skinedge.preprocess.color_profiles import SRGB_PRIMARIES, Profile, code_points_profile, gamma_profile
from skinedge.preprocess.refusals import Refused

_SRGB_GAMMA = 45455


def png_profile(data: bytes, embedded: Profile) -> Profile:
    """The profile of a PNG file, as the standard ranks what it may say: cICP, iCCP, sRGB, then gAMA and cHRM.

    Args:
        embedded: the profile in iCCP.

    Raises: Refused for a damaged file, a moving picture or 16 bits a channel.
    """
    found = {name: body for name, body in _chunks(data) if name != b"IDAT"}
    header = found.get(b"IHDR", b"")
    if len(header) != 13 or b"IEND" not in found:
        raise Refused("damaged")
    if b"acTL" in found:
        raise Refused("moving")
    if header[8] == 16:
        raise Refused("deep")
    if b"cICP" in found:
        primaries, transfer, matrix, full_range = _unpacked(">4B", found[b"cICP"])
        if matrix or not full_range:
            raise Refused("colours")
        return code_points_profile(primaries, transfer)
    if b"iCCP" in found or b"sRGB" in found or not {b"gAMA", b"cHRM"} & set(found):
        return embedded
    gamma = _unpacked(">I", found[b"gAMA"])[0] if b"gAMA" in found else _SRGB_GAMMA
    points = [value / 1e5 for value in _unpacked(">8I", found[b"cHRM"])] if b"cHRM" in found else SRGB_PRIMARIES
    # 1 / 2.2, which editors write for sRGB.
    return gamma_profile(None if abs(gamma - _SRGB_GAMMA) <= 100 else gamma / 1e5, points)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and bodies up to the end of the picture. Raises: Refused where one is damaged or cut short."""
    at = 8
    name = b""
    while name != b"IEND":
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if zlib.crc32(name + body) != int.from_bytes(data[at + 8 + length : at + 12 + length]) or len(body) < length:
            raise Refused("damaged")
        yield name, body
        at += 12 + length


def _unpacked(layout: str, body: bytes) -> tuple[int, ...]:
    if len(body) != struct.calcsize(layout):
        raise Refused("colours")
    return struct.unpack(layout, body)
