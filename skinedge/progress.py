"""Progress bars on standard error, so that standard output stays clean for machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def track(items: Iterable[Item], what: str, *, total: int | None = None) -> Iterator[Item]:
    """Goes through the items with a progress bar, which only a terminal shows."""
    from rich.console import Console
    from rich.progress import track as rich_track

    console = Console(stderr=True)
    yield from rich_track(items, description=what, total=total, console=console, disable=not console.is_terminal)
