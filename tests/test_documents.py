"""Documents: tables are what the results give, no other number is typed in, and every command and path in them exists."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cogapp import Cog

from benchmarks import ROOT
from benchmarks.documents import checkpoint
from benchmarks.figures import read
from docs.generators import commands, packages
from skinedge.exchange.drift import FEW
from skinedge.runtime.bundle import default_bundle_path, open_bundle

DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path
    for folder in ("", "benchmarks", "export", "android_demo", "docs", "docs/start")
    for path in sorted((ROOT / folder).glob("*.md"))
}
GENERATED = ("docs/results.md", "android_demo/ENGINE.md")
"""`skinedge reproduce` writes the one; tests/engine_check holds the other to its results."""
INLINE: dict[str, Callable[[], list[str]]] = {
    "docs/exchange.md": lambda: [f"Under {FEW} scores"],
    "docs/photo_advice.md": lambda: [f"the {read('photo-advice')['photos']['all']:,} photos"],
    "docs/records.md": lambda: [f"{read('records-kills')['kills']} kills"],
    "docs/station.md": lambda: [
        f"at most {read('station-load')['memory_peak_mib']} MiB of memory",
        f"{read('station-kills')['deaths']} kills",
        f"{read('station-cuts')['deaths']} cuts",
    ],
    "export/README.md": lambda: [
        f"on {_calibration_photos()} photos, as many of each class",
        f"calibrated on {_calibration_photos()} of them",
        f"onnx2tf {read('parity-onnx2tf')['run']['versions']['onnx2tf']}",
        f"moves the calibration error by {_fp16_ece_change():.3f}",
        f"where the limit is {_fp16_ece_limit():g}",
    ],
}
"""Numbers that stand in sentences, at most five a document, with what they are."""
TYPED_IN = {
    "95 %": "how wide an interval is",
    "99 %": "how wide an interval is",
    "20 MB": "a limit of android_demo/ci/checks.py",
    "4.5 MB": "a limit of android_demo/ci/checks.py",
}
"""What may be typed in, and why."""
MEASURED = re.compile(r"\d[\d.,]*(?: to \d[\d.,]*)?\s?(?:ms|s|seconds?|minutes?|hours?|MB|MiB|GiB|kB|%|times)(?![\w%])")
_COG_BLOCK = re.compile(r"<!-- \[\[\[cog.*?\[\[\[end\]\]\].*?-->", re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", re.DOTALL)


@pytest.mark.parametrize("name", [name for name, path in DOCUMENTS.items() if "[[[cog" in path.read_text(encoding="utf-8")])
def test_tables_are_what_the_results_give(name: str) -> None:
    assert Cog().main(["cog", "-c", "--check", "-I", str(ROOT), str(DOCUMENTS[name])]) == 0, "run make documents"


@pytest.mark.parametrize("name", INLINE)
def test_numbers_in_sentences_are_what_the_results_give(name: str) -> None:
    text, numbers = " ".join(DOCUMENTS[name].read_text(encoding="utf-8").split()), INLINE[name]()
    assert [one for one in numbers if one not in text] == []
    assert len(numbers) <= 5, "make a table of them"


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name not in GENERATED])
def test_nothing_measured_is_typed_in(name: str) -> None:
    inline = INLINE[name]() if name in INLINE else []
    assert [one for one in typed_in(DOCUMENTS[name].read_text(encoding="utf-8"), inline) if one not in TYPED_IN] == []


def typed_in(text: str, inline: list[str]) -> list[str]:
    """Measured numbers outside tables that are generated, code and what `INLINE` holds to the results."""
    prose = " ".join(_CODE.sub("", _COG_BLOCK.sub("", text)).split())
    for one in inline:
        prose = prose.replace(one, "")
    return MEASURED.findall(prose)


def test_a_number_that_is_typed_in_is_found() -> None:
    block = '<!-- [[[cog cog.outl("1 ms") ]]] -->\n1 ms\n<!-- [[[end]]] (sum: x) -->\n'
    assert typed_in(f"It takes 12.5 ms.\n{block}`3 s` and 7 MB", ["7 MB"]) == ["12.5 ms"]


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name not in GENERATED])
def test_every_command_exists(name: str) -> None:
    text = DOCUMENTS[name].read_text(encoding="utf-8")
    assert [problem for line in commands_in(text) for problem in problems(line)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(
        r"(?:`|^\$ )make ([a-z0-9 -]+?)(?:`|  | [A-Z]|$)", DOCUMENTS[name].read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [target for line in named for target in line.split() if target not in targets] == []


def commands_in(text: str) -> list[str]:
    """Every line of a console block that runs `skinedge`, and every `skinedge …` in a sentence."""
    lines = re.findall(r"^\$ (?:\S*/)?(skinedge .*)$", text, re.MULTILINE)
    return lines + re.findall(r"`(skinedge [^`]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def problems(line: str) -> list[str]:
    """What of a command line the program does not know: its name, or an option."""
    words = shlex.split(line.replace("|", " | "), comments=True)
    words = words[: words.index("|")] if "|" in words else words
    for length in (3, 2):
        if found := _commands().get(" ".join(words[:length])):
            return [f"{line}: {word}" for word in words if word.startswith("--") and word.split("=")[0] not in found]
    groups = {" ".join(name.split()[:2]) for name in _commands()}
    return [] if " ".join(words) in groups | {"skinedge"} else [f"{line}: no such command"]


@cache
def _commands() -> dict[str, set[str]]:
    """By command, its options; those of `screen` are questions, too."""
    found = {name: {option for parameter in one.params for option in parameter.opts} for name, one in commands.walk()}
    questions = open_bundle(default_bundle_path()).contract.fields
    found["skinedge screen"] |= {"--" + field.name.replace("_", "-") for field in questions}
    return {name: options | {"--help"} for name, options in found.items()}


@pytest.mark.parametrize(
    ("line", "exists"),
    [
        ("skinedge screen spot.jpg --age-years 63 --json | jq .decision", True),
        ("skinedge records export --format csv --out visits.csv   # a table", True),
        ("skinedge records", True),
        ("skinedge screen spot.jpg --colour red", False),
        ("skinedge ship --target android", False),
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str, exists: bool) -> None:
    assert (problems(line) == []) == exists


def test_every_path_in_the_architecture_exists() -> None:
    text = _COG_BLOCK.sub("", DOCUMENTS["docs/architecture.md"].read_text(encoding="utf-8"))
    paths = [one for one in re.findall(r"`([\w./-]+)`", text) if "/" in one and "*" not in one]
    assert len(paths) > 15
    inside = {folder for folder in paths if folder.endswith("/") and (ROOT / "android_demo" / folder).is_dir()}
    assert [one for one in paths if one not in inside and not (ROOT / one).exists()] == []
    modules = re.findall(r"`(skinedge(?:\.[a-z_]+)+)`", text)
    assert [one for one in modules if importlib.util.find_spec(one) is None] == []


def test_every_package_says_what_lives_there() -> None:
    silent = [name for name, source in packages.parts().items() if not packages.first_line(source)]
    assert silent == [], "give their __init__.py a docstring, and run make documents"


def test_an_extra_without_a_description_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(packages.EXTRAS, "train")
    with pytest.raises(KeyError, match="'train'"):
        packages.extras_table()


def _calibration_photos() -> int:
    count: int = checkpoint("quantization")["settings"]["calibration_photos"]
    return count


def _fp16_ece_change() -> float:
    found: dict[str, Any] = read("parity-targets")
    change: float = max(one["photos"]["ece_change"] for name, one in found.items() if name.endswith("fp16"))
    return change


def _fp16_ece_limit() -> float:
    limit: float = tomllib.loads(Path(ROOT / "export" / "android.toml").read_text(encoding="utf-8"))["limits"]["fp16"][
        "ece_rise"
    ]
    return limit
