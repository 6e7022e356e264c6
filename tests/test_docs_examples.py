"""Every ```python block of the documents runs: in order, in one namespace a section, beside `lesions/` and `spot.jpg`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import ROOT
from tests import fakes

PAGES = ("README.md", "docs/python.md", "docs/start/clinic.md", "docs/start/engineer.md", "docs/start/phones.md")
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """By the head of a section, its code; sections without code are left out."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    found = {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
    return {head: "\n".join(_BLOCK.findall(part)) for head, part in found.items() if _BLOCK.search(part)}


EXAMPLES = {
    f"{page}: {head}": code for page in PAGES for head, code in sections((ROOT / page).read_text(encoding="utf-8")).items()
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.photo(tmp_path / "spot.jpg")
    if "lesions" in EXAMPLES[name]:
        from skinedge.datasets.synthetic import write_synthetic

        write_synthetic(tmp_path / "lesions", photos=48, seed=0)
    monkeypatch.chdir(tmp_path)
    exec(compile(EXAMPLES[name], name, "exec"), {"__name__": "__main__"})


def test_the_readme_and_the_python_page_have_examples() -> None:
    assert any(name.startswith("README.md") for name in EXAMPLES)
    assert any(name.startswith("docs/python.md") for name in EXAMPLES)


def test_blocks_of_a_section_share_a_namespace_and_heads_part_them() -> None:
    text = "# T\n\n## A\n\n```python\na = 1\n```\n\nand\n\n```python\nb = a\n```\n\n## B\n\n```console\n$ a\n```\n"
    assert sections(text) == {"A": "a = 1\n\nb = a\n"}
