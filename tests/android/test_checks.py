"""The checks of the APK find the faults that are planted here, in small APKs made with the tools of the real one."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from android_demo.ci import apk, archive, checks, golden, tools
from android_demo.engine_check.packages import ABIS, CHOSEN, npm_folder
from skinedge.lowering.app_assets import lay_bundle
from skinedge.runtime.bundle import write_manifest
from tests.engine_check.libraries import CODE_ADDRESS, RET, write_library

BUNDLE = golden.FOLDER / "signed"
LIBRARY = f"lib/{ABIS['arm64']}/libtest.so"
LDADD = 0xB8200000 | 1 << 16 | 2 << 5 | 3
CHECKS = ("signature", "alignment", "permissions", "framework", "instructions", "assets", "size")
ENGINE = npm_folder(CHOSEN, apk.HERE.parent / "build" / "apk" / "engine")
"""As published, where `make apk` has fetched it."""
Change = Callable[[dict[str, bytes]], None]

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in tools.PROGRAMS)
    or not tools.FRAMEWORK_RESOURCES.exists()
    or not all(tools.artifact_path(name).exists() for name in ("r8", "oldest", "newest")),
    reason="needs the tools of make apk, which has fetched them",
)


def library(folder: Path, *, page_bytes: int = archive.PAGE_BYTES, words: tuple[int, ...] = (RET,)) -> bytes:
    """A library with one loadable segment, which holds these instructions."""
    return write_library(folder / "libtest.so", list(words), align_bytes=page_bytes).read_bytes()


def dex(folder: Path, *values: str) -> bytes:
    """The dex file of an activity with a method for each value."""
    source = folder / "Probe.java"
    methods = " ".join(f"Object value{number}() {{ return {value}; }}" for number, value in enumerate(values))
    source.write_text(f"public class Probe extends android.app.Activity {{ {methods} }}", encoding="utf-8")
    (folder / "classes").mkdir(exist_ok=True)
    tools.run("javac", "-nowarn", "-cp", tools.artifact("newest"), "--release", "11", "-d", folder / "classes", source)
    tools.run(
        *("java", "-cp", tools.artifact("r8"), "com.android.tools.r8.D8", "--min-api", "26", "--no-desugaring"),
        *("--output", folder, folder / "classes" / "Probe.class"),
    )
    return (folder / "classes.dex").read_bytes()


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a sound APK is made of."""
    folder = tmp_path_factory.mktemp("apk")
    apk._resources(folder)
    with zipfile.ZipFile(folder / "base.apk") as linked:
        found = {name: linked.read(name) for name in linked.namelist()}
    found["classes.dex"] = dex(folder, "getString(1)")
    found[LIBRARY] = library(folder)
    for path in lay_bundle(BUNDLE, folder).iterdir():
        found[checks.ASSETS + path.name] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def sound(members: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(members, tmp_path_factory.mktemp("sound"))


def packed(members: dict[str, bytes], folder: Path) -> Path:
    stored = (".so", ".arsc")
    archive.write_aligned(
        folder / "aligned.apk",
        (
            (name, data, zipfile.ZIP_STORED if name.endswith(stored) else zipfile.ZIP_DEFLATED)
            for name, data in members.items()
        ),
    )
    return apk.sign(folder / "aligned.apk", folder)


def with_change(members: dict[str, bytes], folder: Path, change: Change) -> Path:
    """An unsigned APK with a fault: signing takes seconds, and only one check looks at it."""
    changed = dict(members)
    change(changed)
    path = folder / "faulty.apk"
    archive.write_aligned(path, ((name, data, zipfile.ZIP_STORED) for name, data in changed.items()))
    return path


def test_a_sound_apk_has_no_problem(sound: Path) -> None:
    assert checks.check(sound, BUNDLE) == {name: [] for name in CHECKS}


def test_a_changed_or_unsigned_apk_is_found(sound: Path, tmp_path: Path) -> None:
    data = bytearray(sound.read_bytes())
    data[data.index(b"dex\n") + 40 if b"dex\n" in data else 200] ^= 1
    (tmp_path / "changed.apk").write_bytes(data)
    assert checks.signature(tmp_path / "changed.apk")
    assert checks.signature(sound.with_name("aligned.apk"))


def test_misaligned_and_compressed_libraries_are_found(members: dict[str, bytes], tmp_path: Path) -> None:
    for how in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / "plain.apk", "w") as file:
            file.writestr("a", b"x", zipfile.ZIP_STORED)
            file.writestr(LIBRARY, members[LIBRARY], how)
        assert any(LIBRARY in problem for problem in checks.alignment(tmp_path / "plain.apk"))


def test_a_library_for_small_pages_only_is_found(members: dict[str, bytes], tmp_path: Path) -> None:
    small = library(tmp_path, page_bytes=4096)
    faulty = with_change(members, tmp_path, lambda made: made.update({LIBRARY: small}))
    assert checks.alignment(faulty) == [f"{LIBRARY} has segments for pages of 4096 bytes, expected 16384"]


def test_an_instruction_that_cheap_phones_lack_is_found(members: dict[str, bytes], tmp_path: Path) -> None:
    newer = library(tmp_path, words=(RET, LDADD, RET))
    faulty = with_change(members, tmp_path, lambda made: made.update({LIBRARY: newer}))
    assert checks.instructions(faulty) == [f"{LIBRARY} has ldadd at {CODE_ADDRESS + 4:#x}, which ARMv8.0 lacks"]
    without_sections = newer[:60] + bytes(2) + newer[62:]
    faulty = with_change(members, tmp_path, lambda made: made.update({LIBRARY: without_sections}))
    assert "wrong thing" in checks.instructions(faulty)[0]


def test_the_published_library_would_be_found(members: dict[str, bytes], tmp_path: Path) -> None:
    published = ENGINE / ABIS["arm64"] / "libexecutorch.so"
    if not published.exists():
        pytest.skip("make apk has not fetched the library yet")
    data = published.read_bytes()
    problems = checks.instructions(with_change(members, tmp_path, lambda made: made.update({LIBRARY: data})))
    assert len(problems) == 17 and all("ldadd" in problem for problem in problems)


@pytest.mark.parametrize("name", ["INTERNET", "CAMERA"])
def test_a_permission_is_found(name: str, tmp_path: Path) -> None:
    manifest = (apk.MAIN / "AndroidManifest.xml").read_text(encoding="utf-8")
    (tmp_path / "AndroidManifest.xml").write_text(
        manifest.replace("<application", f'<uses-permission android:name="android.permission.{name}" />\n<application', 1),
        encoding="utf-8",
    )
    tools.run("aapt2", "compile", "--dir", apk.MAIN / "res", "-o", tmp_path / "res.zip")
    tools.run(
        *("aapt2", "link", "-o", tmp_path / "faulty.apk", "-I", tools.FRAMEWORK_RESOURCES),
        *("--manifest", tmp_path / "AndroidManifest.xml", tmp_path / "res.zip"),
    )
    assert checks.permissions(tmp_path / "faulty.apk") == [f"the app asks for android.permission.{name}"]


def test_what_the_oldest_android_lacks_is_found(members: dict[str, bytes], tmp_path: Path) -> None:
    newer = {
        "getAttributionTag": "getAttributionTag()",  # of API 30, inherited by a class of our own
        "SOC_MODEL": "android.os.Build.SOC_MODEL",  # of API 31
        "isBlank": 'getString(1).isBlank() ? "" : null',  # of Java 11
        "BlendMode": "android.graphics.BlendMode.CLEAR",  # a class of API 29
    }
    code = dex(tmp_path, *newer.values())
    problems = checks.framework(with_change(members, tmp_path, lambda made: made.update({"classes.dex": code})))
    for name in newer:
        assert any(name in problem for problem in problems), name


def test_a_dex_without_android_is_found(members: dict[str, bytes], tmp_path: Path) -> None:
    source = tmp_path / "Plain.java"
    source.write_text("class Plain {}", encoding="utf-8")
    tools.run("javac", "--release", "8", "-nowarn", "-d", tmp_path, source)
    tools.run("java", "-cp", tools.artifact("r8"), "com.android.tools.r8.D8", "--output", tmp_path, tmp_path / "Plain.class")
    code = (tmp_path / "classes.dex").read_bytes()
    faulty = with_change(members, tmp_path, lambda made: made.update({"classes.dex": code}))
    assert "wrong thing" in checks.framework(faulty)[0]


def test_a_changed_missing_or_added_asset_is_found(members: dict[str, bytes], tmp_path: Path) -> None:
    program, manifest = checks.ASSETS + "skinedge.pte", checks.ASSETS + "manifest.json"
    changes: dict[str, Change] = {
        "changed": lambda made: made.update({program: made[program][:-1] + b"X"}),
        "missing": lambda made: made.__delitem__(program),
        "added": lambda made: made.update({checks.ASSETS + "extra": b""}),
        "no manifest": lambda made: made.__delitem__(manifest),
    }
    for name, change in changes.items():
        folder = tmp_path / name
        folder.mkdir()
        assert checks.assets(with_change(members, folder, change), BUNDLE), name


def test_another_model_is_found(members: dict[str, bytes], tmp_path: Path) -> None:
    other = lay_bundle(BUNDLE, tmp_path)
    (other / "skinedge.pte").write_bytes(b"another program")
    write_manifest(other, target="android", precision="int8", program="skinedge.pte", made_with={})
    files = {checks.ASSETS + path.name: path.read_bytes() for path in other.iterdir()}
    assert checks.assets(with_change(members, tmp_path, lambda made: made.update(files)), BUNDLE)


def test_an_apk_that_is_too_large_or_for_two_abis_is_found(members: dict[str, bytes], tmp_path: Path) -> None:
    changes: list[Change] = [
        lambda made: made.update({"classes2.dex": bytes(checks.MAXIMUM_APK_BYTES)}),
        lambda made: made.update({checks.ASSETS + "skinedge.pte": bytes(checks.MAXIMUM_BUNDLE_BYTES + 1)}),
        lambda made: made.update({"lib/x86_64/libtest.so": made[LIBRARY]}),
    ]
    for change in changes:
        assert checks.size(with_change(members, tmp_path, change))
