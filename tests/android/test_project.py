"""The two builds, Gradle's and Maven's, agree on what they build with."""

from __future__ import annotations

import re

import pytest

from android_demo.ci import apk, checks
from skinedge.benchmark import app_benchmark
from skinedge.benchmark.app_benchmark import PhoneRun
from skinedge.lowering.app_assets import ASSETS, FOLDER

HERE = apk.HERE
_MAVEN = r"<groupId>([\w.]+)</groupId>\s*<artifactId>([\w.-]+)</artifactId>\s*<version>([\d.]+)</version>"


def libraries(text: str) -> dict[str, str]:
    """Version by group and name, of Gradle's spelling or of Maven's."""
    gradle = re.findall(r'"([\w.-]+:[\w.-]+):([\w.-]+)"', text)
    maven = re.findall(
        r"<groupId>([\w.]+)</groupId>\s*<artifactId>([\w.-]+)</artifactId>\s*<version>([\d.]+)</version>", text
    )
    return dict(gradle) | {f"{group}:{name}": version for group, name, version in maven}


@pytest.mark.parametrize("module", ["core", "app"])
def test_libraries_have_the_same_versions_in_both_builds(module: str) -> None:
    gradle = libraries((HERE / module / "build.gradle.kts").read_text(encoding="utf-8"))
    maven = libraries((HERE / module / "pom.xml").read_text(encoding="utf-8"))
    shared = gradle.keys() & maven.keys()
    assert shared
    assert {name: gradle[name] for name in shared} == {name: maven[name] for name in shared}


def test_kotlin_and_the_oldest_android_are_the_same_in_both_builds() -> None:
    kotlin = re.findall(r'kotlin\("[\w.]+"\) version "([\d.]+)"', (HERE / "build.gradle.kts").read_text(encoding="utf-8"))
    (maven,) = re.findall(r"<kotlin.version>([\d.]+)<", (HERE / "pom.xml").read_text(encoding="utf-8"))
    assert set(kotlin) == {maven}
    gradle = (HERE / "app" / "build.gradle.kts").read_text(encoding="utf-8")
    manifest = (apk.MAIN / "AndroidManifest.xml").read_text(encoding="utf-8")
    assert re.findall(r"minSdk = (\d+)", gradle) == re.findall(r'minSdkVersion="(\d+)"', manifest) == [str(checks.MIN_SDK)]
    assert re.findall(r"targetSdk = (\d+)", gradle) == re.findall(r'targetSdkVersion="(\d+)"', manifest)


def test_the_manifest_asks_for_no_permission() -> None:
    assert "uses-permission" not in (apk.MAIN / "AndroidManifest.xml").read_text(encoding="utf-8")


def test_the_benchmark_writes_what_bench_phones_reads() -> None:
    code = (apk.MAIN / "kotlin/org/skinedge/app/BenchmarkActivity.kt").read_text(encoding="utf-8")
    written = code.split("data class PhoneRun(")[1].split("\n)")[0]
    names = re.findall(r'@SerialName\("(\w+)"\)', written) + re.findall(r"^    val (\w+):", written, flags=re.MULTILINE)
    assert set(names) == set(PhoneRun.model_fields)
    for extra in ("bundle", "out", "threads", "warm_ups", "answers"):
        assert f'Extra("{extra}"' in code
    assert app_benchmark.ACTIVITY == "org.skinedge.app/.BenchmarkActivity"


def test_the_bundle_lies_where_gradle_and_the_app_look_for_it() -> None:
    assert f'file("{(ASSETS / FOLDER).as_posix()}")' in (HERE / "app" / "build.gradle.kts").read_text(encoding="utf-8")
    code = (apk.MAIN / "kotlin/org/skinedge/app/AssetFiles.kt").read_text(encoding="utf-8")
    assert re.findall(r'const val FOLDER = "(\w+)"', code) == [FOLDER]
