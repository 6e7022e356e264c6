"""What every command has: an example, an explanation of every option, and `--target` in one meaning."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from skinedge import cli
from skinedge.lowering.backends.registry import backend_names
from tests.conftest import Command

ROOT = typer.main.get_command(cli.app)
HEAVY = ("torch", "torchvision", "lightning", "onnxruntime", "numpy", "sklearn", "matplotlib", "coremltools", "executorch")


def commands(of: object = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    inner = getattr(of, "commands", None)
    if inner is None:
        yield path, of
        return
    for name, command in inner.items():
        yield from commands(command, (*path, name))


COMMANDS = dict(commands())


def test_there_are_all_commands_and_each_is_a_file() -> None:
    folder = Path(cli.__file__).parent / "commands"
    assert len(COMMANDS) == 39
    for path in COMMANDS:
        assert folder.joinpath(*path[:-1], path[-1].replace("-", "_") + ".py").is_file(), path
    shared = {"__init__", "options", "process"}
    files = {path.stem.replace("_", "-") for path in folder.rglob("*.py") if path.stem not in shared}
    assert files == {path[-1] for path in COMMANDS}


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
def test_every_help_has_an_example(skinedge: Command, path: tuple[str, ...]) -> None:
    code, out, err = skinedge(*path, "--help")
    assert (code, err) == (0, "")
    assert "Example:\n" in out and f"    skinedge {' '.join(path)}" in out
    # An example is one line to copy, however long.
    assert max(len(line) for line in out.splitlines() if not line.startswith("    skinedge")) <= 80


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_is_explained(path: tuple[str, ...]) -> None:
    for parameter in COMMANDS[path].params:  # type: ignore[attr-defined]
        assert parameter.help, f"{path}: {parameter.name}"


def test_a_target_is_an_export_target_and_nothing_else(skinedge: Command) -> None:
    with_target = {path for path, command in COMMANDS.items() if "target" in {p.name for p in command.params}}  # type: ignore[attr-defined]
    assert with_target == {("export",), ("calibrate",)}
    assert set(backend_names()) == {"android", "ios", "onnx", "tflite"}
    with_sr_target = {path for path, command in COMMANDS.items() if "sr_target" in {p.name for p in command.params}}  # type: ignore[attr-defined]
    assert with_sr_target == {("train",), ("upscaler",)}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom skinedge.cli import main\n"
        "try: main(['export', '--help'])\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    environment = {"PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == "[]\n"
