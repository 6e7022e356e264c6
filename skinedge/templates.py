"""How every page here is made from its template: escaped, and with an error where a value is missing."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment(package: str, folder: str = ".", *, extensions: Sequence[str] = ()) -> Environment:
    """Templates that lie in a folder of a package."""
    return Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=extensions,
    )
