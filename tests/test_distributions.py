"""What the wheels and the source archive hold, and that the plain install imports nothing of the extras."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import skinedge
from benchmarks import ROOT
from skinedge import default_model
from skinedge.lowering.sbom import closure
from tests import fakes
from tests.conftest import Command

CHECKPOINT = "skinedge/assets/checkpoint/"


def build(source: Path, out: Path, kind: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(out)]
    subprocess.run(command, check=True, capture_output=True, cwd=source)
    return next(out.iterdir())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def checkpoint_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT / "export" / "checkpoint", tmp_path_factory.mktemp("checkpoint"), "wheel")


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_what_a_clinic_needs_and_no_more(wheel: Path) -> None:
    found = names(wheel)
    assert {name.partition("/")[0].partition("-")[0] for name in found} == {"skinedge"}, "nothing beside the package"
    assert {name for name in found if name.startswith(CHECKPOINT)} == {CHECKPOINT + "reference_scores.json"}
    assert wheel.stat().st_size < 8e6
    here = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "skinedge").rglob("*")
        if path.is_file() and path.suffix != ".pyc" and "checkpoint" not in path.parts
    }
    assert here <= found, "every module, page, catalogue and file of the default bundle"
    assert {f"skinedge/export_recipes/{path.name}" for path in (ROOT / "export").glob("*.toml")} <= found


def test_the_two_wheels_hold_the_whole_checkpoint_and_no_file_twice(wheel: Path, checkpoint_wheel: Path) -> None:
    folder = ROOT / CHECKPOINT
    whole = {CHECKPOINT + path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert not names(wheel) & names(checkpoint_wheel)
    assert {name for name in names(wheel) | names(checkpoint_wheel) if name.startswith(CHECKPOINT)} == whole
    assert {name for name in names(checkpoint_wheel) if ".dist-info/" not in name} < whole


def test_the_version_is_said_in_one_place(wheel: Path, checkpoint_wheel: Path) -> None:
    assert {path.name.split("-")[1] for path in (wheel, checkpoint_wheel)} == {skinedge.__version__}
    for folder in (ROOT, ROOT / "export" / "checkpoint"):
        assert "version" not in tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_app_has_the_same_version() -> None:
    """Gradle, Maven and the manifest cannot read it from Python."""
    app = ROOT / "android_demo"
    patterns = {
        app / "app" / "build.gradle.kts": r'versionName = "([^"]+)"',
        app / "app" / "src" / "main" / "AndroidManifest.xml": r'android:versionName="([^"]+)"',
        # A pom says its own version, or its parent's, first.
        **dict.fromkeys(app.glob("**/pom.xml"), r"<version>([^<]+)</version>"),
    }
    assert len(patterns) == 6
    found = {
        path.relative_to(app): re.search(pattern, path.read_text(encoding="utf-8")) for path, pattern in patterns.items()
    }
    assert {str(path): match and match[1] for path, match in found.items()} == dict.fromkeys(
        map(str, found), skinedge.__version__
    )


def test_the_licence_and_the_notice_travel_with_it(wheel: Path) -> None:
    assert {Path(name).name for name in names(wheel) if ".dist-info/licenses/" in name} == {"LICENSE", "NOTICE"}


def test_the_source_archive_has_what_both_wheels_are_built_from(tmp_path: Path) -> None:
    with tarfile.open(build(ROOT, tmp_path, "sdist")) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "export/checkpoint/pyproject.toml", CHECKPOINT + "model.safetensors"} <= found
    assert not {name for name in found if name.split("/")[0] in {"build", "runs", ".venv", "dist"}}


def test_the_plain_install_imports_only_what_it_depends_on(tmp_path: Path) -> None:
    """The commands of a clinic's laptop in one process: whose modules have they loaded?"""
    (tmp_path / "photos").mkdir()
    photo = fakes.photo(tmp_path / "photos" / "spot.jpg")
    commands = [
        *(["screen", str(photo), "--age-years", "63", "--language", language] for language in ("en", "pt_BR", "sw")),
        ["screen", str(photo.parent), "--out", str(tmp_path / "results.csv"), "--workers", "1", "--language", "fr"],
        ["questions", "--language", "es"],
        ["verify"],
        ["inspect"],
        ["keys", "new", str(tmp_path / "clinic")],
        ["keys", "trust", str(tmp_path / "clinic.pub")],
        ["records", "init", "--records", str(tmp_path / "records")],
        ["records", "list", "--records", str(tmp_path / "records")],
        ["records", "export", "--format", "fhir", "--records", str(tmp_path / "records"), "--out", str(tmp_path / "visits")],
    ]
    code = (
        "import json, sys\n"
        "at_start = set(sys.modules)\n"
        "from skinedge.cli import main\n"
        "for command in json.loads(sys.argv[1]):\n"
        "    try: main(command)\n"
        "    except SystemExit as end: assert not end.code, command\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - at_start})))"
    )
    environment = {"SKINEDGE_CONFIG": str(tmp_path / "config"), "SKINEDGE_PASSPHRASE": "a passphrase of a test"}
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(commands)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    allowed = set(closure(tuple(Requirement(text).name for text in project["dependencies"])))
    of_module = importlib.metadata.packages_distributions()
    makers = {name: {maker.lower().replace("_", "-") for maker in of_module.get(name, ())} for name in loaded - {"skinedge"}}
    assert {name: found for name, found in makers.items() if found and not found & allowed} == {}
    assert {"numpy", "onnxruntime", "PIL", "pydantic", "typer", "cryptography"} <= loaded


@pytest.mark.needs_torch
def test_export_on_an_install_without_the_checkpoint_says_where_to_get_it(
    skinedge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(default_model, "DEFAULT_CHECKPOINT", tmp_path)
    code, out, err = skinedge("export", "--target", "onnx", "--out", tmp_path / "bundle")
    assert code == 1 and not out and not (tmp_path / "bundle").exists()
    assert err.count("\n") == 1 and "--model CHECKPOINT" in err and "pip install ./export/checkpoint" in err
