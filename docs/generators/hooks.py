"""The hooks of mkdocs: they add the pages that are generated, or lie outside docs/, and mend the links of all pages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from docs.generators import api, commands, links, settings  # noqa: E402

GENERATED = {
    "reference/api.md": api.api_reference,
    "reference/commands.md": commands.command_reference,
    "reference/settings.md": settings.settings_reference,
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the generated pages, the documents that lie outside docs/, and the pictures that any document shows."""
    for page, generate in GENERATED.items():
        files.append(File.generated(config, page, content=generate()))
    texts = {f"docs/{file.src_uri}": file.content_string for file in files.documentation_pages() if file.abs_src_path}
    for source, page in links.PAGES.items():
        texts[source] = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=texts[source]))
    for picture in sorted({place for source, text in texts.items() for place in links.pictures_of(text, source)}):
        files.append(File.generated(config, str(links.site_of(picture)), abs_src_path=str(ROOT / picture)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Returns the text of a page with links that work in the site."""
    name = page.file.src_uri
    return markdown if name in GENERATED else links.for_the_site(markdown, name)
