"""The packages of `skinedge`, the order of their imports and the extras of the install, for tables of docs/."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EXTRAS = {
    "station": "the screening station, slips, reports and forms",
    "train": "training, evaluation and audit: torch, torchvision, Lightning",
    "export": "`train`, and what lowers to ExecuTorch, Core ML and ONNX",
    "bench": "`export`, for `skinedge bench` and its baselines",
    "litert": "`export`, and what lowers to LiteRT (`.tflite`); it brings jax and transformers, so it is not in `all`",
    "all": "everything above but `litert`",
    "heif": "the decoder of HEIC, which iPhones write (LGPL)",
    "docs": "this documentation, `make docs`",
}
"""Extras of the package for users, in the order in which a reader needs them."""
_FOR_DEVELOPERS = {"dev", "browser", "test"}


def package_table() -> str:
    """Returns a table: each package and module at the top of `skinedge/`, with the first sentence that it says of itself."""
    lines = ["| part | what lives there |", "| --- | --- |"]
    lines += [f"| `{name}` | {first_line(source)} |" for name, source in parts().items()]
    return "\n".join(lines)


def layer_list() -> str:
    """Returns the layers that import-linter holds the code to, from the top: a part imports only what stands below it."""
    contracts = _pyproject()["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    rows = [" , ".join(f"`{part.strip().removeprefix('skinedge.')}`" for part in layer.split("|")) for layer in layers]
    return "\n".join(f"{place}. {row.replace(' , ', ', ')}" for place, row in enumerate(rows, start=1))


def extras_table() -> str:
    """Returns a table of the extras that `pip install` takes. Raises: KeyError for one that `EXTRAS` does not describe."""
    given = set(_pyproject()["project"]["optional-dependencies"]) - _FOR_DEVELOPERS
    if missing := given - set(EXTRAS):
        raise KeyError(f"describe the extra {min(missing)!r} in docs/generators/packages.py")
    rows = [f"| `{name}` | {words} |" for name, words in EXTRAS.items() if name in given]
    return "\n".join(
        ["| extra | what it adds |", "| --- | --- |", "| none | screening from a terminal or Python: no torch |", *rows]
    )


def parts() -> dict[str, Path]:
    """Returns the packages, then the modules, at the top of `skinedge/`, by the name that a reader sees."""
    folder = ROOT / "skinedge"
    packages = {f"{path.parent.name}/": path for path in sorted(folder.glob("*/__init__.py"))}
    modules = {path.name: path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")}
    return packages | modules


def first_line(source: Path) -> str:
    """Returns the first sentence of a module's docstring; empty where it has none."""
    docstring = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.partition("\n\n")[0].split()).replace("|", "\\|")


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
