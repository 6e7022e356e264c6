"""A bundle is opened whole or not at all."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from skinedge.errors import ContractError, SkinEdgeError, TamperError
from skinedge.runtime import bundle as bundles
from skinedge.runtime.bundle import open_bundle, write_manifest
from skinedge.runtime.inspection import inspect
from skinedge.runtime.verification import verify
from tests import fakes


def edit_manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rename_entry(folder: Path, old: str, new: str) -> None:
    files = json.loads((folder / "manifest.json").read_text())["files"]
    files[new] = files.pop(old)
    edit_manifest(folder, files=files)


def test_a_whole_bundle_opens(bundle: Path) -> None:
    opened = open_bundle(bundle)
    assert opened.contract == fakes.contract()
    assert opened.manifest.target == "onnx"
    assert set(opened.manifest.files) == {
        "contract.json", "golden.json", "golden/1.png", "model_card.md", "parity.json", "skinedge.onnx",
    }  # fmt: skip
    assert opened.program_path == bundle / "skinedge.onnx"
    assert opened.program_bytes() == fakes.onnx_program()
    assert bundles.is_bundle(bundle) and not bundles.is_bundle(bundle / "golden")


ADDED = ("._contract.json", ".DS_Store", "Thumbs.db", "golden/desktop.ini", "golden/__MACOSX/._1.png")


def test_what_a_system_adds_to_a_folder_breaks_no_bundle_and_is_named(bundle: Path, tmp_path: Path) -> None:
    """A bundle that was looked at on a Mac and on Windows; whoever makes one of its files gets one without them."""
    for name in ADDED:
        (bundle / name).parent.mkdir(exist_ok=True)
        (bundle / name).write_bytes(b"added")
    opened = open_bundle(bundle)
    assert not set(ADDED) & opened.manifest.files.keys()
    (files,) = [check for check in verify(bundle) if check.name == "files"]
    contents = inspect(bundle)
    assert files.status == "ok" and contents.system_files == tuple(sorted(ADDED))
    for name in ADDED:
        assert name in files.detail and name in "\n".join(contents.lines())
    made = write_manifest(bundle, target="onnx", precision="fp32", program="skinedge.onnx", made_with={})
    assert made.files == opened.manifest.files


def test_a_name_of_a_system_hides_nothing(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"x")
    (bundle / ".DS_Store").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TamperError, match=r"\.DS_Store is a link or device"):
        open_bundle(bundle)
    assert any(check.status == "fail" for check in verify(bundle))
    (bundle / ".DS_Store").unlink()
    # Once it is listed, it is a file like any other.
    (bundle / "desktop.ini").write_bytes(b"listed")
    files = json.loads((bundle / "manifest.json").read_text())["files"]
    edit_manifest(bundle, files=files | {"desktop.ini": {"sha256": "0" * 64, "size_bytes": 6}})
    with pytest.raises(TamperError, match=r"desktop\.ini was altered"):
        open_bundle(bundle)


@pytest.mark.parametrize("name", ["contract.json", "golden.json", "golden/1.png", "model_card.md", "skinedge.onnx"])
def test_a_flipped_byte_is_found(bundle: Path, name: str) -> None:
    data = bytearray((bundle / name).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / name).write_bytes(data)
    with pytest.raises(TamperError, match=name.replace(".", r"\.")):
        open_bundle(bundle)


def test_a_program_that_changes_after_opening_is_found(bundle: Path) -> None:
    opened = open_bundle(bundle)
    opened.program_path.write_bytes(fakes.onnx_program(final="Identity"))
    with pytest.raises(TamperError, match="changed since"):
        opened.program_bytes()


def test_an_extra_or_missing_file_is_found(bundle: Path) -> None:
    (bundle / "golden" / "2.png").write_bytes(b"")
    with pytest.raises(TamperError, match=r"2\.png is not listed"):
        open_bundle(bundle)
    (bundle / "golden" / "2.png").unlink()
    (bundle / "model_card.md").unlink()
    with pytest.raises(TamperError, match=r"model_card\.md is missing"):
        open_bundle(bundle)


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/passwd", "golden/../../outside", "..\\outside", "C:outside", "a\0b", "a\nb", "", "a//b"],
)
def test_a_path_out_of_the_folder_is_refused(bundle: Path, name: str) -> None:
    (bundle / "model_card.md").rename(bundle.parent / "outside")
    rename_entry(bundle, "model_card.md", name)
    with pytest.raises(TamperError, match="not allowed in a bundle") as error:
        open_bundle(bundle)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["model_card.md", "golden"])
def test_a_link_out_of_the_folder_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).rename(bundle.parent / "outside")
    (bundle / name).symlink_to(bundle.parent / "outside")
    with pytest.raises(TamperError, match=f"{name} is a link"):
        open_bundle(bundle)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(bundle: Path) -> None:
    (bundle / "model_card.md").unlink()
    os.mkfifo(bundle / "model_card.md")
    with pytest.raises(TamperError, match="link or device"):
        open_bundle(bundle)


@pytest.mark.parametrize("name", ["skinedge.onnx", "contract.json"])
def test_program_and_contract_must_be_listed(bundle: Path, name: str) -> None:
    files = json.loads((bundle / "manifest.json").read_text())["files"]
    del files[name]
    edit_manifest(bundle, files=files)
    with pytest.raises(ContractError, match=name):
        open_bundle(bundle)


@pytest.mark.parametrize(
    "garbage",
    [
        b"", b"\xff\xfe\x00", b"null", b"[]", b'"x"', b"{", b"1e999", b"[" * 200_000, b'{"a":' * 200_000, b"{}" * 2,
        b'{"schema_version": 2}', b'{"files": {"a\\nb": 1}}', b'{"\\ud800": 1}', b'{"a\\nb": NaN}', b"9" * 10_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["manifest.json", "contract.json"])
def test_garbage_for_json_is_a_contract_error(bundle: Path, name: str, garbage: bytes) -> None:
    (bundle / name).write_bytes(garbage)
    if name == "contract.json":  # Hashed anew: the file is the one listed, and still no contract.
        write_manifest(bundle, target="onnx", precision="fp32", program="skinedge.onnx", made_with={})
    with pytest.raises(ContractError, match=name.replace(".", r"\.")):
        open_bundle(bundle)


def test_a_manifest_error_is_one_line_even_with_a_line_break_in_a_name(bundle: Path) -> None:
    edit_manifest(bundle, **{"a\nb": 1})
    with pytest.raises(ContractError) as error:
        open_bundle(bundle)
    assert "\n" not in str(error.value)


def test_no_bundle_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"no manifest\.json in .*: give a folder made by skinedge export"):
        open_bundle(tmp_path)


def test_a_manifest_needs_a_program_and_plain_names(bundle: Path) -> None:
    with pytest.raises(ContractError, match=r"skinedge\.pte"):
        write_manifest(bundle, target="android", precision="int8", program="skinedge.pte", made_with={})
    (bundle / ".hidden").write_bytes(b"")
    with pytest.raises(TamperError, match="hidden"):
        write_manifest(bundle, target="onnx", precision="fp32", program="skinedge.onnx", made_with={})


def corrupt(folder: Path, rng: random.Random) -> str:
    """Damages a bundle in one random way; returns what was done."""
    names = ["contract.json", "golden.json", "golden/1.png", "model_card.md", "skinedge.onnx"]
    name = rng.choice(names)
    data = bytearray((folder / name).read_bytes())
    kind = rng.choice(["bit flip", "truncation", "swap", "manifest edit", "contract edit", "manifest truncation"])
    if kind == "bit flip":
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (folder / name).write_bytes(data)
    elif kind == "truncation":
        (folder / name).write_bytes(data[: rng.randrange(len(data))])
    elif kind == "swap":
        other = rng.choice([n for n in names if n != name])
        (folder / name).write_bytes((folder / other).read_bytes())
        (folder / other).write_bytes(data)
    elif kind == "contract edit":
        fields = json.loads((folder / "contract.json").read_text())
        fields["refer"]["value"] = rng.random()
        (folder / "contract.json").write_text(json.dumps(fields))
    elif kind == "manifest truncation":  # The last two bytes are "}\n": one of them is needed.
        text = (folder / "manifest.json").read_bytes()
        (folder / "manifest.json").write_bytes(text[: rng.randrange(len(text) - 1)])
    else:
        files = json.loads((folder / "manifest.json").read_text())["files"]
        entry = files[name]
        digit = rng.randrange(64)
        edits: list[dict[str, Any]] = [
            {"files": files | {name: entry | {"size_bytes": entry["size_bytes"] + rng.choice([-1, 1])}}},
            {"files": files | {name: entry | {"sha256": entry["sha256"][:digit] + "x" + entry["sha256"][digit + 1 :]}}},
            {"files": files | {name: entry | {"sha256": rng.randbytes(32).hex()}}},
            {"files": files | {"../" + name: entry}},
            {"files": {n: e for n, e in files.items() if n != name}},
            {"files": list(files)},
            {"program": "golden"},
            {"target": "blackberry"},
            {"schema_version": 2},
            {"surprise": 1},
        ]
        edit_manifest(folder, **rng.choice(edits))
    return f"{kind} {name}"


def test_200_random_corruptions_are_all_refused(bundle: Path, tmp_path: Path) -> None:
    rng = random.Random(20)
    for case in range(200):
        copy = Path(shutil.copytree(bundle, tmp_path / "copies" / str(case)))
        open_bundle(copy)  # The corruption is what is found, not the copy.
        done = corrupt(copy, rng)
        try:
            open_bundle(copy)
        except SkinEdgeError:
            continue
        pytest.fail(f"case {case} was opened after {done}")


def test_the_default_bundle_is_found_or_its_absence_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "__file__", str(tmp_path / "skinedge" / "runtime" / "bundle.py"))
    with pytest.raises(ContractError, match="--model BUNDLE"):
        bundles.default_bundle_path()
    folder = fakes.write_bundle(tmp_path / "skinedge" / "assets" / "default")
    assert bundles.default_bundle_path() == folder
