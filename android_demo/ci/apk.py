"""Builds the verification APK without Android Studio: `python -m android_demo.ci.apk --bundle build/android`.

aapt2 links resources and manifest, Maven compiles Kotlin against the real framework's classes, R8 makes the dex, zipalign
and apksigner finish it. The key is made here and says so: such an APK is for trying out, not for a store.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from android_demo.ci import archive, checks, tools
from android_demo.ci.checks import MIN_SDK
from android_demo.ci.tools import MissingToolError, run
from android_demo.engine_check.packages import ABIS, CHOSEN, Release, from_npm, with_baseline
from skinedge.errors import SkinEdgeError
from skinedge.lowering.app_assets import lay_bundle

HERE = Path(__file__).parents[1]
MAIN = HERE / "app" / "src" / "main"
_PASSWORD = "pass:skinedge"


def build(bundle: Path, folder: Path) -> Path:
    """Builds `skinedge.apk` in `folder`. Returns its path. Raises: MissingToolError, one line."""
    tools.check_programs(tools.PROGRAMS)
    tools.check_framework()
    shutil.rmtree(folder / "stage", ignore_errors=True)
    stage = folder / "stage"
    lay_bundle(bundle, stage / "assets")
    # As published, its arm64 library stops on a Cortex-A53: see ENGINE.md.
    engine = with_baseline(from_npm(CHOSEN, folder / "engine"))
    resources = _resources(folder)
    classpath = _classes(folder, resources, engine)
    _dex(folder, stage, [resources, *engine.jars[:1], *classpath])
    _libraries(engine, stage / "lib" / ABIS["arm64"])
    return _package(folder, stage)


def _resources(folder: Path) -> Path:
    """Links resources and manifest into `base.apk`, and compiles `R`. Returns the jar of `R`."""
    shutil.rmtree(folder / "gen", ignore_errors=True)
    for name in ("gen", "r"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    run("aapt2", "compile", "--dir", MAIN / "res", "-o", folder / "res.zip")
    run(
        *("aapt2", "link", "-o", folder / "base.apk", "-I", tools.FRAMEWORK_RESOURCES),
        *("--manifest", MAIN / "AndroidManifest.xml", "--java", folder / "gen", folder / "res.zip"),
    )
    run("javac", "-nowarn", "--release", "8", "-d", folder / "r", *(folder / "gen").rglob("*.java"))
    run("jar", "cf", folder / "resources.jar", "-C", folder / "r", ".")
    return folder / "resources.jar"


def _classes(folder: Path, resources: Path, engine: Release) -> list[Path]:
    """Compiles core and app. Returns the content of the APK: the classes of both, and the libraries they need."""
    listed = folder.resolve() / "classpath.txt"
    # Under a name without a version: the drawing of the screens takes it from there.
    executorch = shutil.copy(engine.jars[0], folder.resolve() / "executorch.jar")
    run(
        *("mvn", "--quiet", "--batch-mode", "--file", HERE / "pom.xml", "-DskipTests", "compile"),
        *("dependency:build-classpath", "-DincludeScope=runtime", f"-Dmdep.outputFile={listed}"),
        *(f"-Dresources.jar={resources.resolve()}", f"-Dexecutorch.jar={executorch}"),
    )
    libraries = [path for path in tools.jars(listed.read_text(encoding="utf-8")) if path.suffix == ".jar"]
    ours = []
    for module in ("core", "app"):
        jar = folder / f"{module}.jar"
        run("jar", "cf", jar, "-C", HERE / module / "target" / "classes", ".")
        ours.append(jar)
    return ours + libraries


def _dex(folder: Path, stage: Path, jars: list[Path]) -> None:
    """Writes only the dex files: R8 would add everything else in the jars."""
    made = folder / "dex"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    run(
        *("java", "-cp", tools.artifact("r8"), "com.android.tools.r8.R8", "--release", "--min-api", str(MIN_SDK)),
        *("--pg-conf", HERE / "app" / "keep.pro", "--lib", tools.artifact("newest"), "--lib", tools.java_home()),
        *("--output", made),
        *jars,
    )
    for path in made.glob("*.dex"):
        shutil.copy(path, stage)


def _libraries(engine: Release, target: Path) -> None:
    target.mkdir(parents=True)
    for library in engine.libraries("arm64"):
        shutil.copy(library, target)


def _package(folder: Path, stage: Path) -> Path:
    aligned = folder / "aligned.apk"
    archive.write_aligned(aligned, _members(folder / "base.apk", stage))
    return sign(aligned, folder)


def sign(aligned: Path, folder: Path) -> Path:
    """Signs an aligned APK with the key in `folder`, which is made where there is none. Returns the signed one."""
    apk, key = folder / "skinedge.apk", folder / "try-out.jks"
    if not key.exists():
        run(
            *("keytool", "-genkeypair", "-keystore", key, "-storepass", "skinedge", "-alias", "key", "-keyalg", "RSA"),
            *("-keysize", "3072", "-validity", "10000", "-dname", "CN=SkinEdge try-out"),
        )
    run(
        *("apksigner", "sign", "--ks", key, "--ks-pass", _PASSWORD, "--v1-signing-enabled", "false"),
        *("--min-sdk-version", str(MIN_SDK), "--out", apk, aligned),
    )
    return apk


def _members(base: Path, stage: Path) -> Iterator[tuple[str, bytes, int]]:
    with zipfile.ZipFile(base) as linked:
        for info in linked.infolist():
            yield info.filename, linked.read(info), info.compress_type
    for path in sorted(path for path in stage.rglob("*") if path.is_file()):
        name = path.relative_to(stage).as_posix()
        # The loader maps libraries from the APK itself: they must not be compressed.
        yield name, path.read_bytes(), zipfile.ZIP_STORED if name.startswith("lib/") else zipfile.ZIP_DEFLATED


def main() -> None:
    """Builds the APK, checks it and prints the problems."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("build/android"), help="what skinedge export made")
    parser.add_argument("--out", type=Path, default=Path("build/apk"), help="folder for the APK and what it is made of")
    given = parser.parse_args()
    try:
        apk = build(given.bundle, given.out)
        found = checks.check(apk, given.bundle)
    except (MissingToolError, SkinEdgeError) as error:
        sys.exit(str(error))
    for name, problems in found.items():
        print(f"{'no' if problems else 'ok'}  {name}" + "".join(f"\n      {problem}" for problem in problems[:20]))
    print(f"{apk}: {apk.stat().st_size / 1e6:.1f} MB")
    sys.exit(any(found.values()))


if __name__ == "__main__":
    main()
