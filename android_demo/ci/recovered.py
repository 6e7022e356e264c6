"""Runs the tests of core on the classes in an APK: `python -m android_demo.ci.recovered build/apk/skinedge.apk`.

Debian's enjarify turns the dex back into Java classes. Core's come from there, and everything else from Maven: what R8 made
of core is what is tested. `make android-core` must have compiled the tests.
"""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from pathlib import Path

from android_demo.ci.classfile import METHOD, METHOD_OF_INTERFACE, constants
from android_demo.ci.tools import MissingToolError, run

CORE = Path(__file__).parents[1] / "core"
PACKAGE = "org/skinedge/core/"
WITH_DEFAULTS = "kotlinx/serialization/internal/GeneratedSerializer"
"""The one interface whose default method core calls, in code that the compiler writes."""


def recover(apk: Path, folder: Path) -> int:
    """Writes the classes of core from the dex of an APK into `folder`. Returns how many there are."""
    if shutil.which("enjarify") is None:
        raise MissingToolError("missing enjarify: apt-get install enjarify")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Its script takes the first python3 on the path, which need not be the one that Debian installed it for.
    run("/usr/bin/python3", "-O", "-m", "enjarify.main", "--force", "--output", folder / "recovered.jar", apk)
    with zipfile.ZipFile(folder / "recovered.jar") as jar:
        names = [name for name in jar.namelist() if name.startswith(PACKAGE)]
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(with_default_calls(jar.read(name)))
    if not names:
        raise MissingToolError(f"{apk} has no classes of core: build it with make apk")
    return len(names)


def with_default_calls(data: bytes) -> bytes:
    """A class in which calls of `WITH_DEFAULTS` are marked as calls of an interface: enjarify knows no default methods."""
    changed = bytearray(data)
    for entry in constants(data):
        if entry.tag == METHOD and entry.owner == WITH_DEFAULTS:
            changed[entry.at] = METHOD_OF_INTERFACE
    return bytes(changed)


def test(folder: Path) -> str:
    """Runs JUnit on the classes in `folder`, and on no others of core. Returns its last line."""
    listed = folder.resolve() / "classpath.txt"
    pom = CORE.parent / "pom.xml"
    run(
        *("mvn", "--quiet", "--batch-mode", "--file", pom, "--projects", "core"),
        *("dependency:build-classpath", "-DincludeScope=test", f"-Dmdep.outputFile={listed}"),
    )
    compiled = CORE / "target" / "test-classes"
    tests = [f"org.skinedge.core.{path.stem}" for path in sorted(compiled.glob(f"{PACKAGE}*Test.class"))]
    classpath = f"{folder.resolve()}:{compiled.resolve()}:{listed.read_text(encoding='utf-8')}"
    # The verifier would refuse those calls still: it expects them in classes of a newer version than enjarify writes.
    unverified = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote")
    output = run("java", *unverified, "-cp", classpath, "org.junit.runner.JUnitCore", *tests, cwd=CORE)
    found = re.search(r"^OK \(\d+ tests?\)$", output, flags=re.MULTILINE)
    if not tests or not found:
        raise MissingToolError(f"no test of core ran: {output[-500:]}")
    return found[0]


def main() -> None:
    """Recovers and tests."""
    apk = Path(sys.argv[1])
    folder = apk.parent / "recovered"
    try:
        count = recover(apk, folder)
        print(f"{count} classes of core from {apk}: {test(folder)}")
    except MissingToolError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
