"""The page of the Python API: every public name of `skinedge`, in groups."""

from __future__ import annotations

import skinedge


def api_reference() -> str:
    """Returns the page, with a `mkdocstrings` block for each name of `skinedge.__all__` and one for the errors."""
    names = public_names()
    parts = [
        "# Python API",
        "What `from skinedge import …` gives. Nothing is imported before it is used, so `import skinedge` costs nothing. "
        "A name that needs torch says which extra to install where it is missing. Examples: [Python](../python.md).",
    ]
    groups = {
        "Functions": [name for name in names if name[0].islower()],
        "Classes": [name for name in names if name[0].isupper()],
    }
    for title, chosen in groups.items():
        parts += [f"## {title}", *(_block(f"skinedge.{name}") for name in chosen)] if chosen else []
    parts += ["## Errors", _block("skinedge.errors", "show_root_heading: false", "show_root_toc_entry: false")]
    return "\n\n".join(parts) + "\n"


def _block(path: str, *options: str) -> str:
    return "\n".join([f"::: {path}", "    options:", *(f"      {option}" for option in ("heading_level: 3", *options))])


def public_names() -> list[str]:
    """Returns the public names but for the version and the errors, which have a section of their own."""
    return [name for name in skinedge.__all__ if not name.startswith("__") and not name.endswith("Error")]
