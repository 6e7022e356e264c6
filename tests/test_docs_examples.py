"""Every ```python block of the documents runs: in order, in one namespace a section, in the folder that they speak of."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
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
OWN_BACKBONE = "docs/python.md: Own backbone"
"""Has a test of its own: `test_own_backbone`."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the examples: a photo, a data set and a training run that is small enough to be exported in seconds."""
    from torch import nn

    from skinedge import load_dataset, load_recipe, register_backbone, train
    from skinedge.datasets.synthetic import write_synthetic
    from skinedge.models.backbones import BACKBONES

    folder = tmp_path_factory.mktemp("examples")
    fakes.photo(folder / "spot.jpg")
    data = load_dataset(write_synthetic(folder / "lesions", photos=48, seed=0))
    layers = [(nn.Conv2d(before, 8, 3, stride=2, padding=1), nn.ReLU()) for before in (3, 8, 8, 8, 8)]
    register_backbone("small", lambda: nn.Sequential(*(part for pair in layers for part in pair)))
    recipe = load_recipe("edge").changed(backbone="small", epochs=1, soup=1, distillation_epochs=0)
    train(data, out=folder / "run", recipe=recipe, split="none", weights="none")
    yield folder
    del BACKBONES["small"]


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - {OWN_BACKBONE}))
def test_an_example_runs(name: str, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(made, tmp_path / "folder")
    monkeypatch.chdir(tmp_path / "folder")
    exec(compile(EXAMPLES[name], name, "exec"), {"__name__": "__main__"})


def test_the_readme_and_the_python_page_have_examples() -> None:
    assert any(name.startswith("README.md") for name in EXAMPLES)
    assert any(name.startswith("docs/python.md") for name in EXAMPLES)


def test_blocks_of_a_section_share_a_namespace_and_heads_part_them() -> None:
    text = "# T\n\n## A\n\n```python\na = 1\n```\n\nand\n\n```python\nb = a\n```\n\n## B\n\n```console\n$ a\n```\n"
    assert sections(text) == {"A": "a = 1\n\nb = a\n"}
