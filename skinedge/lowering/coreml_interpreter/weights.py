"""The weight file of a Core ML package: a header, then blobs of metadata and data, each at a multiple of 64 bytes.

Source: MILBlob's `StorageFormat.hpp` and `BlobDataType.hpp`, version 2 of the format.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skinedge.errors import LoweringError

_HEADER = struct.Struct("<II")
"""Number of blobs, version of the format."""
_METADATA = struct.Struct("<IIQQ")
"""Sentinel, type of the data, their size in bytes, their place in the file."""
_VERSION, _SENTINEL = 2, 0xDEADBEEF
_DTYPES = {1: "float16", 2: "float32", 3: "uint8", 4: "int8", 6: "int16", 14: "int32"}


class Weights:
    """The blobs of one weight file."""

    def __init__(self, data: bytes) -> None:
        """Raises: LoweringError where the file is of another format."""
        self._data = data
        _, version = self._unpack(_HEADER, 0)
        if version != _VERSION:
            raise LoweringError(f"the weight file has version {version}, expected {_VERSION}: convert the model again")

    def blob(self, offset: int) -> NDArray[Any]:
        """The flat array whose metadata lie at `offset`. Raises: LoweringError where there is none."""
        sentinel, kind, size_bytes, start = self._unpack(_METADATA, offset)
        if sentinel != _SENTINEL or kind not in _DTYPES or start + size_bytes > len(self._data):
            raise LoweringError(f"the weight file has no blob at byte {offset:,}: convert the model again")
        return np.frombuffer(self._data[start : start + size_bytes], _DTYPES[kind])

    def _unpack(self, layout: struct.Struct, offset: int) -> tuple[int, ...]:
        if not 0 <= offset <= len(self._data) - layout.size:
            raise LoweringError(f"the weight file ends before byte {offset + layout.size:,}: convert the model again")
        return layout.unpack_from(self._data, offset)
