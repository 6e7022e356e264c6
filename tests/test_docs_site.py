"""The documentation as a site: it builds strictly, without torch and a network, and describes every setting and command."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skinedge
from benchmarks import ROOT
from docs.generators import commands, settings

BUILD = "import sys; sys.modules['torch'] = None; from mkdocs.__main__ import cli; cli()"
"""Whatever imports torch fails."""
LOADED = re.compile(r"<(?:script|link|img|iframe|source|video)\b[^>]*?\b(?:src|href)=\"?([^\" >]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-c", BUILD, "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_nothing_is_loaded_from_the_network(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    loaded = {place for page in pages for place in LOADED.findall(page.read_text(encoding="utf-8"))}
    assert len(loaded) > 10
    assert sorted(place for place in loaded if "//" in place) == []
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\([\"']?(?:https?:)?//", styles) == []


def test_no_mark_of_cog_and_no_broken_reference_is_shown(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert "[[[" not in page.read_text(encoding="utf-8"), page


def test_pictures_of_documents_outside_docs_are_there(site: Path) -> None:
    for page in site.rglob("*.html"):
        for place in re.findall(r"<img\b[^>]*?\bsrc=\"?([^\" >]+)", page.read_text(encoding="utf-8")):
            assert place.startswith("data:") or (page.parent / place).is_file(), (page, place)


def test_every_command_has_its_help_and_its_example(site: Path) -> None:
    page = html.unescape((site / "reference" / "commands.html").read_text(encoding="utf-8"))
    lacking = []
    for name, command in commands.walk():
        words, example = commands.help_and_example(command)
        if not words or name not in example or name not in page:
            lacking.append(name)
    assert lacking == []


def test_every_setting_is_described(site: Path) -> None:
    page = (site / "reference" / "settings.html").read_text(encoding="utf-8")
    silent = []
    for path, _ in settings.SETTINGS.values():
        for inner in settings.nested(path):
            for field in settings.fields(inner):
                assert f"<code>{field.name}</code>" in page
                if not settings.description(field):
                    silent.append(f"{inner.name}.{field.name}")
    assert silent == []


def test_the_settings_are_those_of_the_program() -> None:
    from skinedge.training.recipe import Recipe

    (recipe, *inner) = settings.nested(settings.SETTINGS["Training recipe"][0])
    assert [field.name for field in settings.fields(recipe)] == list(Recipe.model_fields)
    assert {one.name for one in inner} == {"Augmentation", "AnswerDropoutSettings"}
    required = [field.name for field in settings.fields(recipe) if field.value is None]
    assert required == [name for name, field in Recipe.model_fields.items() if field.is_required()]


def test_every_public_name_is_described(site: Path) -> None:
    page = (site / "reference" / "api.html").read_text(encoding="utf-8")
    headed = set(re.findall(r"<h[2-4] id=\"(?:skinedge\.)?([\w.]+)\"", page))
    names = [name for name in skinedge.__all__ if not name.startswith("__")]
    assert [name for name in names if not any(one.endswith(name) for one in headed)] == []
