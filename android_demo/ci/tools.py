"""The tools that build the APK: where to get them, and the error where one is missing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

REPOSITORY = Path.home() / ".m2" / "repository"
FRAMEWORK_RESOURCES = Path("/usr/share/android-framework-res/framework-res.apk")
PROGRAMS = {
    "aapt2": "aapt",
    "zipalign": "zipalign",
    "apksigner": "apksigner",
    "keytool": "openjdk-17-jdk-headless",
    "javac": "openjdk-17-jdk-headless",
    "jar": "openjdk-17-jdk-headless",
    "mvn": "maven",
    "npm": "npm",
}
"""The tools that build the APK, with Debian's package of each."""

OLDEST, NEWEST = "8.0.0_r4-robolectric-r1", "15-robolectric-13954326"
"""The framework of minSdk 26, and of the API level that the app is compiled against."""

ARTIFACTS = {
    "r8": "com.android.tools:r8:9.5.28",
    "oldest": f"org.robolectric:android-all:{OLDEST}",
    "newest": f"org.robolectric:android-all:{NEWEST}",
}


class MissingToolError(Exception):
    """One line on a missing tool and how to get it."""


def check_programs(needed: Mapping[str, str]) -> None:
    """Looks for programs, by name, with the Debian package of each. Raises: MissingToolError naming all that are missing."""
    missing = {name: package for name, package in needed.items() if shutil.which(name) is None}
    if missing:
        packages = " ".join(dict.fromkeys(missing.values()))
        raise MissingToolError(f"missing {', '.join(missing)}: apt-get install {packages}")


def check_framework() -> None:
    """Raises: MissingToolError where Android's own resources are not there."""
    if not FRAMEWORK_RESOURCES.exists():
        raise MissingToolError(f"missing {FRAMEWORK_RESOURCES}: apt-get install android-framework-res")


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Runs a program and returns what it wrote. Raises: MissingToolError with its last words where it failed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        output = " ".join((done.stdout + done.stderr).split())
        raise MissingToolError(f"{Path(str(command[0])).name} failed: {output[-1500:]}")
    return done.stdout


def artifact(name: str) -> Path:
    """One of `ARTIFACTS`, see `from_maven`."""
    return from_maven(ARTIFACTS[name])


def artifact_path(name: str) -> Path:
    """Where the local repository has one of `ARTIFACTS`, or would have it."""
    return _place(ARTIFACTS[name])


def from_maven(coordinates: str) -> Path:
    """A file from Maven Central, fetched where it is not in the local repository yet."""
    path = _place(coordinates)
    if not path.exists():
        run("mvn", "--quiet", "--batch-mode", "dependency:get", f"-Dartifact={coordinates}", "-Dtransitive=false")
    return path


def _place(coordinates: str) -> Path:
    group, artifact_id, version, *kind = coordinates.split(":")
    file = f"{artifact_id}-{version}.{kind[0] if kind else 'jar'}"
    return REPOSITORY.joinpath(*group.split("."), artifact_id, version, file)


def java_symbols() -> Path:
    """The classes of each release of Java, from a file of every JDK."""
    return java_home() / "lib" / "ct.sym"


def java_home() -> Path:
    """Of the JDK whose compiler is found first."""
    return Path(shutil.which("javac") or "javac").resolve().parents[1]


def jars(classpath: str) -> Iterable[Path]:
    """The files of a class path."""
    return [Path(part) for part in classpath.split(":") if part]
