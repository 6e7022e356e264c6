"""What builds the APK, where to get it, and what to say where it is missing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path.home() / ".m2" / "repository"
FRAMEWORK_RESOURCES = Path("/usr/share/android-framework-res/framework-res.apk")
PROGRAMS = ("aapt2", "zipalign", "apksigner", "keytool", "javac", "jar", "mvn", "npm")

OLDEST, NEWEST = "8.0.0_r4-robolectric-r1", "15-robolectric-13954326"
"""The framework of minSdk 26, and of the API level that the app is compiled against."""

ENGINE = "react-native-executorch@0.8.5"
"""MIT. Carries ExecuTorch's own Java classes and libraries (BSD): `org.pytorch:executorch-android` is not on Maven Central
under the version that made the program. Its arm64 library needs ARMv8.1: it does not run on a Cortex-A53."""

ARTIFACTS = {
    "r8": "com.android.tools:r8:9.5.28",
    "oldest": f"org.robolectric:android-all:{OLDEST}",
    "newest": f"org.robolectric:android-all:{NEWEST}",
    "fbjni": "com.facebook.fbjni:fbjni:0.7.0:aar",
}


class MissingToolError(Exception):
    """One line: what is missing, and how to get it."""


def check_programs() -> None:
    """Raises: MissingToolError naming every program that is missing."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if not FRAMEWORK_RESOURCES.exists():
        missing.append("android-framework-res")
    if missing:
        raise MissingToolError(
            f"missing {', '.join(missing)}: apt-get install aapt zipalign apksigner android-framework-res "
            "openjdk-17-jdk-headless maven npm"
        )


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Runs a program and returns what it wrote. Raises: MissingToolError with its last words where it failed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingToolError(f"{Path(str(command[0])).name} failed: {(done.stdout + done.stderr).strip()[-1500:]}")
    return done.stdout


def artifact(name: str) -> Path:
    """A file from Maven Central, fetched where it is not in the local repository yet."""
    path = artifact_path(name)
    if not path.exists():
        run("mvn", "--quiet", "--batch-mode", "dependency:get", f"-Dartifact={ARTIFACTS[name]}", "-Dtransitive=false")
    return path


def artifact_path(name: str) -> Path:
    """Where the local repository has a file from Maven Central, or would have it."""
    group, artifact_id, version, *kind = ARTIFACTS[name].split(":")
    file = f"{artifact_id}-{version}.{kind[0] if kind else 'jar'}"
    return REPOSITORY.joinpath(*group.split("."), artifact_id, version, file)


def java_symbols() -> Path:
    """What each release of Java had: a file of every JDK."""
    return java_home() / "lib" / "ct.sym"


def java_home() -> Path:
    """Of the JDK whose compiler is found first."""
    return Path(shutil.which("javac") or "javac").resolve().parents[1]


def engine(folder: Path) -> Path:
    """The unpacked npm package that carries ExecuTorch."""
    package = folder / "engine" / "package"
    if not package.exists():
        package.parent.mkdir(parents=True, exist_ok=True)
        archive = run("npm", "pack", "--silent", ENGINE, cwd=package.parent).strip().splitlines()[-1]
        run("tar", "xzf", archive, cwd=package.parent)
    return package


def jars(classpath: str) -> Iterable[Path]:
    """The files of a class path."""
    return [Path(part) for part in classpath.split(":") if part]
