"""Reads the members in .class files, and those that they refer to. It does not read code.

Source: the Java Virtual Machine Specification, chapter 4.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

METHOD, METHOD_OF_INTERFACE = 10, 11
_CONSTANT_BYTES = {3: 4, 4: 4, 5: 8, 6: 8, 8: 2, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
"""Sizes in a class file's table of constants, by tag, of the entries to skip."""

Member = tuple[str, str]
"""Name and descriptor: `("getColor", "(I)I")` or `("SDK_INT", "I")`."""


@dataclass(frozen=True)
class Reference:
    """A member that some code of a dex file refers to, by the class that it names, such as `android/view/View`."""

    owner: str
    member: Member


@dataclass(frozen=True)
class ClassFile:
    """What a class is made of; `parents` are its superclass and interfaces."""

    parents: tuple[str, ...]
    members: frozenset[Member]


class Framework:
    """The classes of a platform, such as one version of Android."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        """`read` gives the class file of a class, or None where there is no such class."""
        self._find = cache(lambda name: None if (data := read(name)) is None else read_class(data))

    def has_class(self, name: str) -> bool:
        return self._find(name) is not None

    def has(self, reference: Reference) -> bool:
        """Whether the class, or one that it inherits from, has the member."""
        found = self._find(reference.owner)
        if found is None:
            return False
        if reference.member in found.members:
            return True
        # Every array and interface has what Object has; interfaces name it as their superclass.
        return any(self.has(Reference(parent, reference.member)) for parent in found.parents)


def android_and_java(android: zipfile.ZipFile, java: zipfile.ZipFile) -> Framework:
    """Android's classes from a jar of Robolectric, and Java's as of Java 8, which Android has had since API 26.

    Args:
        java: `ct.sym` of a JDK, which holds what each release had, in folders named after the releases.
    """
    classes = frozenset(android.namelist())
    signatures = {
        name.split("/", 2)[2].removesuffix(".sig"): name
        for name in java.namelist()
        if name.endswith(".sig") and "8" in name.split("/")[0]
    }

    def read(name: str) -> bytes | None:
        if f"{name}.class" in classes:
            return android.read(f"{name}.class")
        return java.read(signatures[name]) if name in signatures else None

    return Framework(read)


def read_class(data: bytes) -> ClassFile:
    """Reads a .class file."""
    reader = _Reader(data)
    table = _ConstantTable(reader)
    reader.skip(4)
    above = reader.u2()
    parents = [table.name(above)] if above else []
    parents += [table.name(reader.u2()) for _ in range(reader.u2())]
    members = set()
    for _ in ("fields", "methods"):
        for _ in range(reader.u2()):
            reader.skip(2)
            members.add((table.texts[reader.u2()], table.texts[reader.u2()]))
            for _ in range(reader.u2()):
                reader.skip(2)
                reader.skip(reader.u4())
    return ClassFile(tuple(parents), frozenset(members))


@dataclass(frozen=True)
class Constant:
    """A reference in a class file's table of constants: where it lies, its tag, and the class that it names."""

    at: int
    tag: int
    owner: str


def constants(data: bytes) -> list[Constant]:
    """The references to fields and methods in a .class file."""
    table = _ConstantTable(_Reader(data))
    return [Constant(at, tag, table.name(owner)) for at, tag, owner in table.references]


class _ConstantTable:
    """The table at the start of a .class file; the reader is left behind it."""

    def __init__(self, reader: _Reader) -> None:
        self.texts: dict[int, str] = {}
        self.references: list[tuple[int, int, int]] = []
        """Where each lies, its tag, and the index of its class."""
        self._classes: dict[int, int] = {}
        reader.skip(8)
        index, count = 1, reader.u2()
        while index < count:
            at, tag = reader.at, reader.u1()
            if tag == 1:
                self.texts[index] = reader.bytes(reader.u2()).decode(errors="replace")
            elif tag == 7:
                self._classes[index] = reader.u2()
            elif tag in (9, METHOD, METHOD_OF_INTERFACE):
                self.references.append((at, tag, reader.u2()))
                reader.skip(2)
            else:
                reader.skip(_CONSTANT_BYTES[tag])
            index += 2 if tag in (5, 6) else 1

    def name(self, index: int) -> str:
        """The name of a class, by its index."""
        return self.texts[self._classes[index]]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def bytes(self, size: int) -> bytes:
        self.at += size
        return self._data[self.at - size : self.at]

    def skip(self, size: int) -> None:
        self.at += size

    def u1(self) -> int:
        return int.from_bytes(self.bytes(1), "big")

    def u2(self) -> int:
        return int.from_bytes(self.bytes(2), "big")

    def u4(self) -> int:
        return int.from_bytes(self.bytes(4), "big")
