"""Lays an exported bundle into the app's assets: `python -m android_demo.ci.assets build/android build/android-assets`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from skinedge.errors import ContractError, SkinEdgeError
from skinedge.runtime.bundle import open_bundle, write_manifest

LEFT_OUT = ("golden", "golden.json", "manifest.json", "manifest.sig")


def lay_bundle(bundle: Path, assets: Path) -> Path:
    """Copies a bundle to `bundle/` in `assets`, in place of what is there, and returns that folder.

    Its golden photos, which only tests need, stay behind, so that it gets a manifest of its own. The signature is of the
    manifest with them, and stays behind too: in an app it is the app that is signed.

    Raises: ContractError where it is no bundle for Android; TamperError where it was altered.
    """
    opened = open_bundle(bundle)
    if opened.manifest.target != "android":
        raise ContractError(f"{bundle} is for {opened.manifest.target}: give one of skinedge export --target android")
    target = assets / "bundle"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(bundle, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    write_manifest(
        target,
        target=opened.manifest.target,
        precision=opened.manifest.precision,
        program=opened.manifest.program,
        made_with=opened.manifest.made_with,
    )
    return target


def main() -> None:
    """Lays the bundle, or says in one line why not."""
    try:
        print(lay_bundle(Path(sys.argv[1]), Path(sys.argv[2])))
    except SkinEdgeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
