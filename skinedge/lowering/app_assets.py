"""Puts an exported bundle where an Android app has its assets: `skinedge export --target android --app FOLDER`."""

from __future__ import annotations

from pathlib import Path

from skinedge.errors import ConfigError, ContractError
from skinedge.files import copy_folder
from skinedge.runtime.bundle import open_bundle, renew_manifest
from skinedge.runtime.staging import replacing_folder

MANIFEST = Path("src", "main", "AndroidManifest.xml")
ASSETS = Path("src", "main", "assets")
"""In the folder of an app, as Gradle lays one out."""
FOLDER = "bundle"
_LEFT_OUT = ("golden", "golden.json", "manifest.json", "manifest.sig")


def app_assets(app: Path) -> Path:
    """Where an app has its assets, there already or not.

    Raises: ConfigError where the folder is no Android app.
    """
    if not (app / MANIFEST).is_file():
        raise ConfigError(f"{app} is no Android app: expected {MANIFEST} in it; give a folder like android_demo/app")
    return app / ASSETS


def lay_bundle(bundle: Path, assets: Path) -> Path:
    """Copies a bundle to `bundle/` in `assets`, in place of what is there, and returns that folder.

    Its golden photos, which only tests need, stay behind, so that it gets a manifest of its own. The signature is of the
    manifest with them, and stays behind too: in an app it is the app that is signed.

    Raises: ContractError where it is no bundle for Android; TamperError where it was altered.
    """
    opened = open_bundle(bundle)
    manifest = opened.manifest
    if manifest.target != "android":
        raise ContractError(f"{bundle} is for {manifest.target}: give one of skinedge export --target android")
    target = assets / FOLDER
    with replacing_folder(target) as fresh:
        copy_folder(bundle, fresh, leave_out=_LEFT_OUT)
        renew_manifest(fresh, manifest)
    return target
