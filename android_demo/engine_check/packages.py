"""Finds the libraries: in a given AAR, or in npm's copy of it, with fbjni from Maven Central."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from android_demo.ci.tools import MissingToolError, from_maven, run
from android_demo.engine_check.baseline import write_baseline
from skinedge.runtime.bundle import file_sha256

ABIS = {"x86_64": "x86_64", "arm64": "arm64-v8a"}
"""Android's names by Debian's."""
CHOSEN = "0.8.5"
"""The version in the app, see ENGINE.md."""
_NPM = "react-native-executorch"
_SHA256 = {
    "0.5.15": "994da3030406ef2f9ffee06061c9f8bdf995b01385f8c2b46d77da2e28501d10",
    "0.8.5": "4a1f84df51d75000dd5c28ad11fedd5ec0487f8b8189e8adcb001b9ca485c4b8",
    "0.9.3": "70a20a865b82f47ac46c82711d93c2038cf99eccbb9b287494219063f2217622",
}
_FBJNI, _LOADER = "com.facebook.fbjni:fbjni:0.7.0:aar", "com.facebook.soloader:nativeloader:0.10.5"
_FBJNI_LIBRARIES = ("libfbjni.so", "libc++_shared.so")
PROGRAMS = {
    "javac": "openjdk-17-jdk-headless",
    "npm": "npm",
    "mvn": "maven",
    "gcc": "gcc",
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    "qemu-aarch64": "qemu-user",
}


@dataclass(frozen=True)
class Release:
    """Java classes and native libraries of one version, unpacked."""

    name: str
    jars: tuple[Path, ...]
    folder: Path

    def libraries(self, machine: str) -> list[Path]:
        """The libraries for x86_64 or arm64."""
        return sorted((self.folder / ABIS[machine]).glob("*.so"))

    def engine(self, machine: str) -> Path:
        """The library with ExecuTorch itself."""
        return self.folder / ABIS[machine] / "libexecutorch.so"


def npm_folder(version: str, cache: Path) -> Path:
    """Where `from_npm` unpacks a version."""
    return cache / f"{_NPM}-{version}"


def from_npm(version: str, cache: Path) -> Release:
    """Fetches a version of react-native-executorch (MIT), which contains ExecuTorch's own classes and libraries (BSD).

    Raises: MissingToolError where it cannot be fetched, or is not the file that was looked at here.
    """
    folder = npm_folder(version, cache)
    archive = cache / f"{_NPM}-{version}.tgz"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        run("npm", "pack", "--silent", f"{_NPM}@{version}", cwd=cache)
    if file_sha256(archive) != _SHA256[version]:
        raise MissingToolError(f"{archive} is not the file that was published as {version}: delete it and try again")
    if not folder.exists():
        folder.mkdir()
        run("tar", "xzf", archive.resolve(), "--strip-components=1", "--no-same-owner", cwd=folder)
        for abi in ABIS.values():
            shutil.copytree(folder / "third-party/android/libs/executorch" / abi, folder / abi)
    return _release(f"{_NPM} {version}", folder, folder / "android/libs/classes.jar")


def from_aar(aar: Path, cache: Path) -> Release:
    """Unpacks an `org.pytorch:executorch-android` that somebody has.

    Raises: MissingToolError where it is no AAR.
    """
    folder = cache / aar.stem
    try:
        with zipfile.ZipFile(aar) as archive:
            archive.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise MissingToolError(f"{aar} cannot be read as an AAR: {error}") from None
    return _release(aar.stem, folder / "jni", folder / "classes.jar")


def with_baseline(release: Release) -> Release:
    """The same release with an arm64 library that also runs on ARMv8.0, see `baseline.py`."""
    folder = release.folder / "baseline"
    for abi in ABIS.values():
        shutil.copytree(release.folder / abi, folder / abi, dirs_exist_ok=True)
    made = replace(release, name=f"{release.name} baseline", folder=folder)
    write_baseline(release.engine("arm64"), made.engine("arm64"))
    return made


def _release(name: str, folder: Path, classes: Path) -> Release:
    fbjni, loader = from_maven(_FBJNI), from_maven(_LOADER)
    with zipfile.ZipFile(fbjni) as archive:
        (folder / "fbjni.jar").write_bytes(archive.read("classes.jar"))
        for abi in ABIS.values():
            for library in _FBJNI_LIBRARIES:
                (folder / abi / library).write_bytes(archive.read(f"jni/{abi}/{library}"))
    return Release(name, (classes, folder / "fbjni.jar", loader), folder)
