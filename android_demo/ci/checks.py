"""Checks of a built APK, each of which finds a fault that `tests/android/test_checks.py` plants."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from android_demo.ci import archive, tools
from android_demo.ci.classfile import Reference, android_and_java
from android_demo.ci.dex import Dex
from android_demo.engine_check.elf import Elf
from android_demo.engine_check.instructions import newer_atomics
from android_demo.engine_check.packages import ABIS
from skinedge.errors import SkinEdgeError
from skinedge.lowering.app_assets import FOLDER
from skinedge.runtime.bundle import file_problems, open_bundle, read_manifest

MAXIMUM_APK_BYTES, MAXIMUM_BUNDLE_BYTES = 20_000_000, 4_500_000
MIN_SDK = 26
ASSETS = f"assets/{FOLDER}/"

PLATFORM = ("android/", "java/", "javax/", "dalvik/", "org/xml/", "org/w3c/", "org/json/")
"""Packages that come with the phone."""

GUARDED = frozenset({
    ("android/os/PowerManager", "getCurrentThermalStatus"),  # 29
    ("android/widget/TextView", "setAccessibilityHeading"),  # 28
})  # fmt: skip
"""Members newer than minSdk, by class and name, that the app asks for only where the phone is new enough."""


def check(apk: Path, bundle: Path) -> dict[str, list[str]]:
    """The problems of an APK, by check."""
    checks: dict[str, Callable[[], list[str]]] = {
        "signature": lambda: signature(apk),
        "alignment": lambda: alignment(apk),
        "permissions": lambda: permissions(apk),
        "framework": lambda: framework(apk),
        "instructions": lambda: instructions(apk),
        "assets": lambda: assets(apk, bundle),
        "size": lambda: size(apk),
    }
    return {name: run() for name, run in checks.items()}


def signature(apk: Path) -> list[str]:
    """The signature: everything that a phone verifies, and scheme v2, which covers the whole file."""
    try:
        output = tools.run("apksigner", "verify", "--verbose", "--min-sdk-version", str(MIN_SDK), apk)
    except tools.MissingToolError as error:
        return [str(error).splitlines()[0]]
    return (
        []
        if re.search(r"scheme v2\)?:? true|\(APK Signature Scheme v2\): true", output)
        else ["there is no signature of scheme v2"]
    )


def alignment(apk: Path) -> list[str]:
    """Libraries are stored, begin at a page, and have segments for pages of 16 KB; the rest is aligned to words."""
    problems = archive.misaligned(apk)
    for name, library in _libraries(apk):
        if library.page_bytes() % archive.PAGE_BYTES:
            problems.append(f"{name} has segments for pages of {library.page_bytes()} bytes, expected {archive.PAGE_BYTES}")
    return problems


def instructions(apk: Path) -> list[str]:
    """No arm64 library has an atomic that a Cortex-A53 would stop at, see ENGINE.md."""
    problems = []
    for name, library in _libraries(apk):
        if not name.startswith(f"lib/{ABIS['arm64']}/"):
            continue
        if not library.code():
            problems.append(f"{name} has no section of code: this check looked at the wrong thing")
        problems += [
            f"{name} has {found.family} at {found.address:#x}, which ARMv8.0 lacks" for found in newer_atomics(library)[0]
        ]
    return problems


def _libraries(apk: Path) -> Iterator[tuple[str, Elf]]:
    """The files in `lib/`, and libraries anywhere else, by their names in the APK."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(apk) as file:
        for name in (name for name in file.namelist() if name.startswith("lib/") or name.endswith(".so")):
            yield name, Elf(Path(file.extract(name, folder)))


def permissions(apk: Path) -> list[str]:
    """The app asks for nothing: no camera, no storage, no network."""
    found = re.findall(r"uses-permission[^']*name='([^']+)'", tools.run("aapt2", "dump", "permissions", apk))
    return [f"the app asks for {name}" for name in found]


def framework(apk: Path) -> list[str]:
    """Every class and member of the platform that the dex refers to is in Android of minSdk, except `GUARDED`."""
    with zipfile.ZipFile(apk) as file:
        dexes = [Dex(file.read(name)) for name in file.namelist() if re.fullmatch(r"classes\d*\.dex", name)]
    defined = {name: above for dex in dexes for name, above in dex.defined().items()}
    references = {item for dex in dexes for item in dex.references()}
    types = {name for dex in dexes for name in dex.types() if name.startswith(PLATFORM)} - defined.keys()
    if not any(item.owner.startswith("android/") for item in references):
        return ["the dex refers to nothing of Android: this check looked at the wrong thing"]
    with (
        zipfile.ZipFile(tools.artifact("oldest")) as oldest,
        zipfile.ZipFile(tools.artifact("newest")) as newest,
        zipfile.ZipFile(tools.java_symbols()) as java,
    ):
        old, new = android_and_java(oldest, java), android_and_java(newest, java)
        problems = [f"{name} is not in Android {MIN_SDK}" for name in sorted(types) if not old.has_class(name)]
        for item in sorted(references, key=str):
            found = _inherited(item, defined)
            if not found.owner.startswith(PLATFORM) or old.has(found):
                continue
            # What one of our own classes refers to may be its own; what the platform never had is.
            ours = found is not item and not new.has(found)
            if not ours and not ((found.owner, found.member[0]) in GUARDED and new.has(found)):
                problems.append(f"{found.owner}.{''.join(found.member)} is not in Android {MIN_SDK}")
    return problems


def _inherited(item: Reference, defined: Mapping[str, str]) -> Reference:
    """The reference as it is looked up once classes of the dex itself are passed by."""
    owner = item.owner
    while owner in defined:
        owner = defined[owner]
    return item if owner == item.owner else Reference(owner, item.member)


def assets(apk: Path, bundle: Path) -> list[str]:
    """The bundle in the APK is whole, and each of its files is the one of the exported bundle."""
    source = open_bundle(bundle).manifest
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(apk) as file:
        file.extractall(folder, [name for name in file.namelist() if name.startswith(ASSETS)])
        found = Path(folder) / ASSETS
        try:
            manifest, _ = read_manifest(found)
        except SkinEdgeError as error:
            return [str(error)]
        problems = list(file_problems(found, manifest))
    problems += [
        f"{name} is not the one of {bundle}" for name, entry in manifest.files.items() if source.files.get(name) != entry
    ]
    return problems if manifest.program == source.program else [*problems, "the program is another"]


def size(apk: Path) -> list[str]:
    """The APK, which has one ABI, and the bundle in it, unpacked."""
    with zipfile.ZipFile(apk) as file:
        bundle_bytes = sum(info.file_size for info in file.infolist() if info.filename.startswith(ASSETS))
        abis = {info.filename.split("/")[1] for info in file.infolist() if info.filename.startswith("lib/")}
    problems = [] if len(abis) == 1 else [f"the APK has libraries for {sorted(abis) or 'no ABI'}, expected one"]
    for what, found, limit in (
        ("APK", apk.stat().st_size, MAXIMUM_APK_BYTES),
        ("bundle", bundle_bytes, MAXIMUM_BUNDLE_BYTES),
    ):
        if found > limit:
            problems.append(f"the {what} has {found} bytes, expected at most {limit}")
    return problems
