"""The packages of `skinedge` and the order of their imports, for docs/architecture.md."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def package_table() -> str:
    """Returns a table: each package and module at the top of `skinedge/`, with the first sentence that it says of itself."""
    lines = ["| part | what lives there |", "| --- | --- |"]
    lines += [f"| `{name}` | {first_line(source)} |" for name, source in parts().items()]
    return "\n".join(lines)


def layer_list() -> str:
    """Returns the layers that import-linter holds the code to, from the top: a part imports only what stands below it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    rows = [" , ".join(f"`{part.strip().removeprefix('skinedge.')}`" for part in layer.split("|")) for layer in layers]
    return "\n".join(f"{place}. {row.replace(' , ', ', ')}" for place, row in enumerate(rows, start=1))


def parts() -> dict[str, Path]:
    """Returns the packages, then the modules, at the top of `skinedge/`, by the name that a reader sees."""
    folder = ROOT / "skinedge"
    packages = {f"{path.parent.name}/": path for path in sorted(folder.glob("*/__init__.py"))}
    modules = {path.name: path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")}
    return packages | modules


def first_line(source: Path) -> str:
    """Returns the first sentence of a module's docstring; empty where it has none."""
    told = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(told.partition("\n\n")[0].split()).replace("|", "\\|")
