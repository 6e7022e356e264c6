"""Reads the classes in .dex files, and the members that they refer to. It does not read code.

Source: the Dalvik Executable format (source.android.com/docs/core/runtime/dex-format).
"""

from __future__ import annotations

import struct

from android_demo.ci.classfile import Reference

_NONE = 0xFFFFFFFF


class Dex:
    """The tables of one .dex file."""

    def __init__(self, data: bytes) -> None:
        if data[:4] != b"dex\n":
            raise ValueError("no dex file")
        self._data = data
        self._strings = [self._string(offset) for (offset,) in self._table(0x38, "<I")]
        self._types = [self._strings[index] for (index,) in self._table(0x40, "<I")]
        self._protos = [self._proto(result, arguments) for _, result, arguments in self._table(0x48, "<III")]

    def defined(self) -> dict[str, str]:
        """The classes in this file, each with its superclass."""
        rows = self._table(0x60, "<8I")
        return {_plain(self._types[row[0]]): "" if row[2] == _NONE else _plain(self._types[row[2]]) for row in rows}

    def types(self) -> set[str]:
        """Every class that is named, arrays by what they hold."""
        return {_plain(name.lstrip("[")) for name in self._types if name.lstrip("[").startswith("L")}

    def references(self) -> set[Reference]:
        """Every field and method that is named."""
        fields = {
            Reference(_plain(self._types[owner]), (self._strings[name], self._types[kind]))
            for owner, kind, name in self._table(0x50, "<HHI")
        }
        methods = {
            Reference(_plain(self._types[owner]), (self._strings[name], self._protos[proto]))
            for owner, proto, name in self._table(0x58, "<HHI")
        }
        return fields | methods

    def _table(self, header: int, row: str) -> list[tuple[int, ...]]:
        count, start = struct.unpack_from("<II", self._data, header)
        size = struct.calcsize(row)
        return [struct.unpack_from(row, self._data, start + i * size) for i in range(count)]

    def _string(self, offset: int) -> str:
        while self._data[offset] & 0x80:  # The length, in seven bits a byte, is not needed.
            offset += 1
        end = self._data.index(0, offset + 1)
        return self._data[offset + 1 : end].decode(errors="replace")

    def _proto(self, result: int, arguments: int) -> str:
        if not arguments:
            return f"(){self._types[result]}"
        (count,) = struct.unpack_from("<I", self._data, arguments)
        types = struct.unpack_from(f"<{count}H", self._data, arguments + 4)
        return f"({''.join(self._types[index] for index in types)}){self._types[result]}"


def _plain(descriptor: str) -> str:
    return descriptor.removeprefix("L").removesuffix(";")
