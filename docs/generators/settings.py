"""The reference of the settings, read from their classes without importing them: no torch is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import griffe

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "Training recipe": ("skinedge.training.recipe.Recipe", "`skinedge train --recipe edge|paper|FILE.toml`"),
    "Export recipe": (
        "skinedge.lowering.recipe.ExportRecipe",
        "`skinedge export --target FILE.toml`; `export/` holds one for each target",
    ),
    "Benchmark protocol": (
        "skinedge.benchmark.protocol.Protocol",
        "`skinedge bench run --protocol FILE.toml`; the default is `benchmarks/protocol.toml`",
    ),
}
"""By the head of a section: the class of a TOML file, and how a user gives one."""
_RANGES = {
    "gt": "> {}",
    "ge": ">= {}",
    "lt": "< {}",
    "le": "<= {}",
    "multiple_of": "multiple of {}",
    "min_length": "at least {} of them",
}


def settings_reference() -> str:
    """Returns the page: a table for each class of settings."""
    parts = [
        "# Settings",
        "Generated from the settings of the program. Each is a TOML file, and a name that is not in its table is an error. "
        "A training run and a benchmark keep the settings that they used beside their results.",
    ]
    for title, (path, given) in SETTINGS.items():
        parts += [f"## {title}", f"Given as {given}."]
        for inner in nested(path):
            parts += [f"### `{inner.name}`", _first_paragraph(inner), _table(inner)]
    return "\n\n".join(parts) + "\n"


def nested(path: str) -> list[griffe.Class]:
    """Returns a class of settings, then those that its fields hold."""
    found: dict[str, griffe.Class] = {}
    waiting = [path]
    while waiting:
        one = _class(waiting.pop(0))
        if one.path not in found:
            found[one.path] = one
            waiting += [name for field in fields(one) for name in _inner(one, str(field.annotation))]
    return list(found.values())


def fields(settings: griffe.Class) -> Iterator[griffe.Attribute]:
    """Yields the fields of a class of settings."""
    for attribute in settings.attributes.values():
        if "pydantic-field" in attribute.labels and not attribute.name.startswith("_"):
            yield attribute


def description(field: griffe.Attribute) -> str:
    """Returns what a field says of itself: `description=`, or the text under it."""
    return " ".join(field.docstring.value.split()) if field.docstring else ""


def _table(settings: griffe.Class) -> str:
    lines = ["| name | what it is | type | default | range |", "| --- | --- | --- | --- | --- |"]
    for field in fields(settings):
        limits = field.extra["griffe_pydantic"]["constraints"]
        ranges = ", ".join(text.format(limits[key]) for key, text in _RANGES.items() if key in limits)
        default = "required" if field.value is None else f"`{_plain(str(field.value))}`"
        kind = _resolved(settings, str(field.annotation))
        cells = [f"`{field.name}`", description(field), f"`{kind}`", default, ranges]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _plain(default: str) -> str:
    # Code that works a default out says less to a reader than a word.
    return "every question" if "COLUMNS" in default else default.removesuffix("()") if default.endswith("()") else default


def _resolved(settings: griffe.Class, annotation: str) -> str:
    """The annotation with the names of choices, such as `Precision`, replaced by the choices."""

    def choices(name: re.Match[str]) -> str:
        value = _value(settings, name[0])
        return value if value.startswith("Literal[") else name[0]

    whole = re.sub(r"\b[A-Z]\w+\b(?!\[)", choices, annotation)
    words = re.sub(r"Literal\[([^\]]*)\]", lambda found: "one of " + found[1].replace("'", ""), whole)
    return words.replace(" | ", " or ")


def _inner(settings: griffe.Class, annotation: str) -> Iterator[str]:
    for name in re.findall(r"\b[A-Z]\w+\b", annotation):
        try:
            path = settings.resolve(name)
        except griffe.NameResolutionError:
            continue
        if path.startswith("skinedge.") and _object(path).is_class:
            yield path


def _value(settings: griffe.Class, name: str) -> str:
    try:
        found = _object(settings.resolve(name))
    except (griffe.NameResolutionError, KeyError):
        return ""
    return str(found.value) if isinstance(found, griffe.Attribute) else ""


def _first_paragraph(settings: griffe.Class) -> str:
    return settings.docstring.value.partition("\n\n")[0] if settings.docstring else ""


def _class(path: str) -> griffe.Class:
    found = _object(path)
    if not isinstance(found, griffe.Class):
        raise TypeError(f"{path} is no class, as docs/generators/settings.py expects")
    return found


def _object(path: str) -> griffe.Object:
    found: griffe.Object | griffe.Alias = _package()[path.removeprefix("skinedge.")]
    return found.final_target if isinstance(found, griffe.Alias) else found


@cache
def _package() -> griffe.Object:
    package = griffe.load("skinedge", search_paths=[str(ROOT)], extensions=griffe.load_extensions("griffe_pydantic"))
    if not isinstance(package, griffe.Object):
        raise TypeError(f"{ROOT} holds no package skinedge")
    return package
