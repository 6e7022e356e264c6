"""Marks words for `make words` where they are defined; they are translated where they are shown."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802  the names that gettext's tools know
    """Marks a text, and returns it as it is."""
    return text


def NP_(context: str, text: str) -> str:  # noqa: N802
    """Marks a text that means something else in another context: "back" is a part of the body, or a button."""
    return text
