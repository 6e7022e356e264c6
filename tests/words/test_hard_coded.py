"""No words outside the catalogues: in the station's templates, and in errors that health workers meet."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from jinja2 import Environment, nodes

from skinedge.codes import Decision
from skinedge.words.catalogues import PACKAGE

TEMPLATES = sorted((PACKAGE / "web" / "templates").glob("*.jinja"))
_SPOKEN = ("alt", "aria-label", "title", "placeholder", "data-no-camera")
_NAMES = {"SkinEdge", "doctype", "html"}
_CODES = set(get_args(Decision))
_MARKERS = {"_", "gettext", "ngettext", "pgettext"}


class Texts(HTMLParser):
    """Text nodes, and attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in _SPOKEN]


def hard_coded(source: str) -> list[str]:
    """Words of a template that are not marked, in its HTML and in its expressions."""
    parser = Texts()
    parser.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", source, flags=re.DOTALL))
    words = [word for text in parser.found for word in re.findall(r"[^\W\d_]{2,}", text)]
    # What an expression says is words where it has a space and no markup: names of files and classes have none.
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(source)
    marked = {id(part) for call in tree.find_all(nodes.Call) if _marks(call) for part in call.args}
    texts = {node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str) and id(node) not in marked}
    said = [text for text in texts - _CODES if re.search(r"[a-z] [a-z]|^[A-Z][a-z]+ ", text) and not text.startswith("<")]
    return [word for word in words if word not in _NAMES] + said


def _marks(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name in _MARKERS


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 10


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_words_of_its_own(template: Path) -> None:
    assert not hard_coded(template.read_text())


@pytest.mark.parametrize(
    "source",
    ["<p>Hello</p>", '<img alt="A spot">', '<p>{{ "Go back" }}</p>', "{% set x = 'two words' %}", "<b>{{ _('x') }} of</b>"],
)
def test_words_would_be_found(source: str) -> None:
    assert hard_coded(source)


def test_marked_words_are_fine() -> None:
    assert not hard_coded('<p class="a b">{{ _("Go back") }} {{ ngettext("%(num)s visit", "%(num)s visits", n) }}</p>')


def raised(path: Path) -> Iterator[ast.expr]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("PhotoError", "AnswerError"):
            yield node.args[0]


@pytest.mark.parametrize("name", ["contract/fields.py", "contract/document.py", "screening/answers.py"])
def test_errors_about_photos_and_answers_are_texts_with_gaps(name: str) -> None:
    texts = list(raised(PACKAGE / name))
    assert texts and all(isinstance(text, ast.Constant) for text in texts), [ast.unparse(text) for text in texts]
