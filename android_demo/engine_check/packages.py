"""Where the libraries come from: the AAR where one is given, else npm's copy of it, with fbjni from Maven Central."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from android_demo.engine_check.baseline import write_baseline

ABIS = {"x86_64": "x86_64", "arm64": "arm64-v8a"}
"""Android's names by Debian's."""
_NPM = "react-native-executorch"
_SHA256 = {
    "0.5.15": "994da3030406ef2f9ffee06061c9f8bdf995b01385f8c2b46d77da2e28501d10",
    "0.8.5": "4a1f84df51d75000dd5c28ad11fedd5ec0487f8b8189e8adcb001b9ca485c4b8",
    "0.9.3": "70a20a865b82f47ac46c82711d93c2038cf99eccbb9b287494219063f2217622",
}
_REPOSITORY = Path.home() / ".m2" / "repository" / "com" / "facebook"
_FBJNI, _LOADER = "fbjni:fbjni:0.7.0:aar", "soloader:nativeloader:0.10.5:jar"
_FBJNI_LIBRARIES = ("libfbjni.so", "libc++_shared.so")
PROGRAMS = {
    "javac": "openjdk-17-jdk-headless",
    "npm": "npm",
    "mvn": "maven",
    "gcc": "gcc",
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    "qemu-aarch64": "qemu-user",
}


class MissingError(Exception):
    """One line: what is missing or broken, and what to do."""


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


def check_programs() -> None:
    """Raises: MissingError naming every program that is missing."""
    missing = {name: package for name, package in PROGRAMS.items() if shutil.which(name) is None}
    if missing:
        raise MissingError(f"missing {', '.join(missing)}: apt-get install {' '.join(missing.values())}")


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Runs a program and returns what it wrote to stdout. Raises: MissingError with its last words where it failed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())
        raise MissingError(f"{Path(str(command[0])).name} failed: {said[-500:]}")
    return done.stdout


def from_npm(version: str, cache: Path) -> Release:
    """Fetches a version of react-native-executorch (MIT), which carries ExecuTorch's own classes and libraries (BSD).

    Raises: MissingError where it cannot be fetched, or is not the file that was looked at here.
    """
    folder = cache / f"{_NPM}-{version}"
    archive = cache / f"{_NPM}-{version}.tgz"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        run("npm", "pack", "--silent", f"{_NPM}@{version}", cwd=cache)
    if sha256(archive) != _SHA256[version]:
        raise MissingError(f"{archive} is not the file that was published as {version}: delete it and try again")
    if not folder.exists():
        folder.mkdir()
        run("tar", "xzf", archive.resolve(), "--strip-components=1", "--no-same-owner", cwd=folder)
        for abi in ABIS.values():
            shutil.copytree(folder / "third-party/android/libs/executorch" / abi, folder / abi)
    return _release(f"{_NPM} {version}", folder, folder / "android/libs/classes.jar")


def from_aar(aar: Path, cache: Path) -> Release:
    """Unpacks an `org.pytorch:executorch-android` that somebody has.

    Raises: MissingError where it is no AAR.
    """
    folder = cache / aar.stem
    try:
        with zipfile.ZipFile(aar) as archive:
            archive.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise MissingError(f"{aar} cannot be read as an AAR: {error}") from None
    return _release(aar.stem, folder / "jni", folder / "classes.jar")


def with_baseline(release: Release) -> Release:
    """The same release with an arm64 library that also runs on ARMv8.0, see `baseline.py`."""
    folder = release.folder / "baseline"
    for abi in ABIS.values():
        shutil.copytree(release.folder / abi, folder / abi, dirs_exist_ok=True)
    made = replace(release, name=f"{release.name} baseline", folder=folder)
    write_baseline(release.engine("arm64"), made.engine("arm64"))
    return made


def sha256(path: Path) -> str:
    """Hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _release(name: str, folder: Path, classes: Path) -> Release:
    fbjni, loader = _artifact(_FBJNI), _artifact(_LOADER)
    with zipfile.ZipFile(fbjni) as archive:
        (folder / "fbjni.jar").write_bytes(archive.read("classes.jar"))
        for abi in ABIS.values():
            for library in _FBJNI_LIBRARIES:
                (folder / abi / library).write_bytes(archive.read(f"jni/{abi}/{library}"))
    return Release(name, (classes, folder / "fbjni.jar", loader), folder)


def _artifact(coordinates: str) -> Path:
    group, artifact, version, kind = coordinates.split(":")
    path = _REPOSITORY / group / artifact / version / f"{artifact}-{version}.{kind}"
    if not path.exists():
        full = f"com.facebook.{coordinates}"
        run("mvn", "--quiet", "--batch-mode", "dependency:get", f"-Dartifact={full}", "-Dtransitive=false")
    return path
