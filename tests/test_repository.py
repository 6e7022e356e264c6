"""What stands in the repository beside code: locks, attributes, and what guides and workflows name."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from functools import cache
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from benchmarks import ROOT

LOCKS = {"plain": (), "station": ("station",), "test": ("test",), "dev": ("dev",)}
GUIDES = [
    "CONTRIBUTING.md",
    ".github/PULL_REQUEST_TEMPLATE.md",
    ".github/workflows/checks.yml",
    "docs/verified.md",
]
KEPT = ("skinedge/assets/", "android_demo/core/src/test/resources/", "tests/fixtures/")


@cache
def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def asked(*extras: str) -> list[Requirement]:
    """What an install asks for by name, with what the extras within extras ask for."""
    found = [Requirement(text) for text in project()["dependencies"]]
    for extra in extras:
        for one in map(Requirement, project()["optional-dependencies"][extra]):
            found += asked(*sorted(one.extras)) if one.name == "skinedge" else [one]
    return found


def pins(lock: str) -> dict[str, list[Requirement]]:
    """By name, what a lock pins: several versions where systems or Pythons need them."""
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines():
        if re.match(r"[a-z0-9]", line):
            one = Requirement(line.removesuffix("\\").strip())
            found.setdefault(canonicalize_name(one.name), []).append(one)
    return found


def version_of(pin: Requirement) -> Version:
    (one,) = pin.specifier
    assert one.operator == "==", pin
    return Version(one.version)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_all_that_is_asked_for(lock: str) -> None:
    """`make lock-check` says more, and needs the package index."""
    pinned = pins(lock)
    for one in asked(*LOCKS[lock]):
        versions = [version_of(pin) for pin in pinned.get(canonicalize_name(one.name), [])]
        assert versions and all(map(one.specifier.contains, versions)), f"run make lock: {one}, locked: {versions}"


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_in_a_lock_has_a_hash(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.partition("\n# ")[2])[1:]
    assert len(entries) >= 20 and all("--hash=sha256:" in entry for entry in entries)


def test_locks_agree_where_they_hold_the_same() -> None:
    of_dev = pins("dev")
    for lock in LOCKS:
        for name, found in pins(lock).items():
            assert {version_of(pin) for pin in found} <= {version_of(pin) for pin in of_dev[name]}, f"{lock}: {name}"


def test_a_plain_install_has_nothing_of_training() -> None:
    assert not {"torch", "scipy", "pandas", "opencv-python-headless"} & pins("plain").keys()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no clone")
def test_a_checkout_changes_no_file_whose_hash_is_kept() -> None:
    files = subprocess.run(["git", "ls-files", "-z", *KEPT], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    command = ["git", "check-attr", "-z", "--stdin", "text"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, input=files).stdout.split("\0")[
        :-1
    ]
    attributes = dict(zip(printed[::3], printed[2::3], strict=True))
    assert {path.split("/")[0] for path in attributes} == {"skinedge", "android_demo", "tests"}
    assert {path: text for path, text in attributes.items() if text != "unset"} == {}


@pytest.mark.parametrize("guide", GUIDES)
def test_make_targets_that_guides_name_are_there(guide: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|run: |SKINEDGE_DATA=\S+ )make ([a-z][\w-]*)", (ROOT / guide).read_text(encoding="utf-8")))
    assert named and {name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)} == set()


@pytest.mark.parametrize("guide", ["CONTRIBUTING.md", "SECURITY.md"])
def test_links_and_paths_of_guides_lead_somewhere(guide: str) -> None:
    text = (ROOT / guide).read_text(encoding="utf-8")
    named = set(re.findall(r"\]\((?!https?:)([^)#]+)", text))
    named |= set(re.findall(r"`((?:tests|skinedge|benchmarks|requirements|android_demo)/[\w/.]+)`", text))
    assert named and {name for name in named if not (ROOT / name).exists()} == set()


def test_the_tests_of_the_station_are_there() -> None:
    named = (ROOT / "tests" / "station.txt").read_text(encoding="utf-8").split()
    assert len(named) > 10 and {name for name in named if not (ROOT / name).exists()} == set()


def test_the_workflow_tries_every_python_that_is_promised() -> None:
    workflow = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
    tried = [set(re.findall(r'"(3\.\d+)"', line)) for line in workflow.splitlines() if line.strip().startswith("python: [")]
    (lowest,) = Requirement(f"python{project()['requires-python']}").specifier
    assert len(tried) == 2 and all(f"{lowest.version}" in some and len(some) == 3 for some in tried)
    assert "os: [ubuntu-latest, macos-latest, windows-latest]" in workflow
    steps = [line.partition("run: ")[2] for line in workflow.splitlines() if "run: make" in line]
    assert {shlex.split(step)[1] for step in steps} >= {"check", "test", "coverage", "lock-check"}
