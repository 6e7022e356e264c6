"""Links of a document as the site needs them: to its own pages, to pictures it copies, else to no place but by name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = {
    "export/README.md": "export.md",
    "benchmarks/README.md": "benchmarks.md",
    "android_demo/README.md": "android.md",
    "android_demo/ENGINE.md": "android_engine.md",
    "skinedge/assets/checkpoint/model_card.md": "model_card.md",
}
"""Documents that lie beside what they describe, and the pages that they become."""
_PICTURES = (".png", ".svg", ".jpg")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#]+)(#[^)\s]*)?\)|(<img[^>]*?\bsrc=\")([^\"]+)(\")")
_COG = re.compile(r"<!-- (?:\[\[\[cog.*?\]\]\]|\[\[\[end\]\]\].*?) -->\n?", re.DOTALL)


def source_of(page: str) -> str:
    """Returns the document in the repository that a page is made from, such as `docs/station.md`."""
    return {site: source for source, site in PAGES.items()}.get(page, f"docs/{page}")


def site_of(source: str) -> str | None:
    """Returns the place in the site of a page or a picture of the repository, or None where the site has none."""
    if source in PAGES:
        return PAGES[source]
    if source.startswith("docs/"):
        return source.removeprefix("docs/")
    return f"pictures/{source}" if source.endswith(_PICTURES) else None


def pictures_of(text: str, source: str) -> set[str]:
    """Returns the pictures outside docs/ that a document shows or links to, by their place in the repository."""
    places = {_place(link[3] or link[6], source) for link in _LINK.finditer(text) if "://" not in (link[3] or link[6])}
    return {place for place in places if place.endswith(_PICTURES) and not place.startswith("docs/")}


def for_the_site(text: str, page: str) -> str:
    """Returns the text of a page with links as the site needs them, and without the marks of `cog`."""
    source = source_of(page)

    def changed(link: re.Match[str]) -> str:
        target = link[3] or link[6]
        if "://" in target or target.startswith(("mailto:", "#")):
            return link[0]
        place = _place(target, source)
        site = site_of(place)
        if site is None:
            # The site has no source code. A path that does not exist stays a link, which `mkdocs build --strict` refuses.
            named = link[2] if place in link[2] else f"{link[2]} (`{place}`)"
            return named if (ROOT / place).exists() else link[0]
        # Pages lie where their documents lay (no directory URLs), so that raw HTML needs the same path as Markdown.
        path = posixpath.relpath(site, posixpath.dirname(page) or ".")
        return f"{link[5]}{path}{link[7]}" if link[6] else f"{link[1]}[{link[2]}]({path}{link[4] or ''})"

    return _COG.sub("", _outside_code(text, changed))


def _outside_code(text: str, change: Callable[[re.Match[str]], str]) -> str:
    parts = re.split(r"(^```.*?^```)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if place % 2 else _LINK.sub(change, part) for place, part in enumerate(parts))


def _place(target: str, source: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
