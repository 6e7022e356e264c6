"""An exported bundle among the assets of an Android app, and what `skinedge export --app` says where it cannot get there."""

from __future__ import annotations

from pathlib import Path

import pytest

from skinedge.errors import ConfigError, ContractError, TamperError
from skinedge.lowering.app_assets import MANIFEST, app_assets, lay_bundle
from skinedge.runtime.bundle import open_bundle, write_manifest
from skinedge.runtime.trust import sign_bundle
from tests import fakes
from tests.conftest import Command

PROGRAM = fakes.PROGRAMS["onnx"]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A bundle for Android with golden photos and a signature."""
    folder = fakes.write_bundle(tmp_path / "android")
    write_manifest(folder, target="android", precision="int8", program=PROGRAM, made_with={"executorch": "1.4.1"})
    sign_bundle(folder, fakes.new_keys(tmp_path / "maker")[0])
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Path:
    manifest = tmp_path / "app" / MANIFEST
    manifest.parent.mkdir(parents=True)
    manifest.write_text("<manifest/>", encoding="utf-8")
    return tmp_path / "app"


def test_a_laid_bundle_is_sound_and_has_neither_golden_photos_nor_signature(exported: Path, app: Path) -> None:
    laid = open_bundle(lay_bundle(exported, app_assets(app)))
    assert laid.folder == app / "src" / "main" / "assets" / "bundle"
    assert laid.signed_by is None
    source = open_bundle(exported).manifest
    left = {name: entry for name, entry in source.files.items() if not name.startswith("golden")}
    assert dict(laid.manifest.files) == left and len(left) < len(source.files)
    assert (laid.manifest.program, laid.manifest.made_with) == (source.program, source.made_with)


def test_what_lay_there_is_gone(exported: Path, app: Path) -> None:
    old = app_assets(app) / "bundle" / "old.pte"
    old.parent.mkdir(parents=True)
    old.touch()
    lay_bundle(exported, app_assets(app))
    assert not old.exists()
    assert [path.name for path in app_assets(app).iterdir()] == ["bundle"]


def test_a_bundle_that_is_altered_or_for_something_else_leaves_the_app_as_it_was(exported: Path, app: Path) -> None:
    before = open_bundle(lay_bundle(exported, app_assets(app))).manifest_bytes
    with pytest.raises(ContractError, match="is for onnx"):
        lay_bundle(fakes.write_bundle(exported.parent / "onnx"), app_assets(app))
    (exported / PROGRAM).write_bytes(b"altered")
    with pytest.raises(TamperError):
        lay_bundle(exported, app_assets(app))
    assert open_bundle(app_assets(app) / "bundle").manifest_bytes == before


def test_a_folder_that_is_no_app_is_refused_before_anything_is_exported(skinedge: Command, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="AndroidManifest"):
        app_assets(tmp_path)
    code, _, err = skinedge("export", "--target", "android", "--out", tmp_path / "o", "--app", tmp_path)
    assert code == 1 and "is no Android app" in err and "android_demo/app" in err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("target", ["all", "onnx"])
def test_an_app_takes_a_bundle_for_android_only(target: str, skinedge: Command, app: Path, tmp_path: Path) -> None:
    code, _, err = skinedge("export", "--target", target, "--out", tmp_path / "o", "--app", app)
    assert code == 1 and "--target android" in err and not (tmp_path / "o").exists()
