"""The samples of export/samples run as they are, where their language and packages are: `make samples` brings them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from skinedge.contract import Contract
from skinedge.runtime.bundle import default_bundle_path

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "export" / "samples"
PACKAGES = ROOT / "build" / "samples"
"""Packages for JavaScript and headers for C++."""
HEADERS = PACKAGES / "headers"


def holds(command: list[str | Path], bundle: Path, folder: Path) -> None:
    """A sample gives what the golden vectors say, and fails where two of their photos are swapped."""
    done = subprocess.run([*command, bundle], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    golden, contract = json.loads((bundle / "golden.json").read_bytes()), Contract.load(bundle)
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    for one, vector in zip(printed, golden["vectors"], strict=True):
        assert one["difference"] < 0.01
        assert one["probabilities"] == pytest.approx(vector["probabilities"], abs=0.01)
        score = sum(one["probabilities"][position] for position in contract.malignant_indices)
        assert one["refer"] == (score >= contract.refer.value)
    assert len({one["refer"] for one in printed}) == 2, "advice that is always the same proves nothing"

    swapped = Path(shutil.copytree(bundle, folder / "swapped"))
    first, second = golden["vectors"][:2]
    first["photo"], second["photo"] = second["photo"], first["photo"]
    (swapped / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    failed = subprocess.run([*command, swapped], capture_output=True, text=True, check=False)
    assert failed.returncode == 1 and json.loads(failed.stdout.splitlines()[0])["difference"] > 0.1


def test_javascript_gives_what_the_golden_vectors_say(tmp_path: Path) -> None:
    if shutil.which("node") is None or not (PACKAGES / "node_modules" / "onnxruntime-web").is_dir():
        pytest.skip("needs node, and the packages that make samples installs")
    # Node looks for packages beside the script.
    holds(["node", shutil.copy(SAMPLES / "onnx.mjs", PACKAGES)], default_bundle_path(), tmp_path)


def test_cpp_gives_what_the_golden_vectors_say(tmp_path: Path) -> None:
    found = shutil.which("g++") and all(Path("/usr/include", name).exists() for name in ("png.h", "nlohmann/json.hpp"))
    if not found or not (HEADERS / "onnxruntime_cxx_api.h").is_file():
        pytest.skip("needs g++, libpng-dev and nlohmann-json3-dev, and the headers that make samples brings")
    (library,) = Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so.1.*")
    # The loader asks for the name without the rest of the version.
    (tmp_path / "libonnxruntime.so.1").symlink_to(library)
    compiled = subprocess.run(
        [
            *("g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", SAMPLES / "onnx.cpp", "-o", tmp_path / "onnx"),
            *("-isystem", HEADERS, tmp_path / "libonnxruntime.so.1", f"-Wl,-rpath,{tmp_path}", "-lpng"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stderr
    holds([tmp_path / "onnx"], default_bundle_path(), tmp_path)


def test_tflite_in_python_gives_what_the_golden_vectors_say(tmp_path: Path) -> None:
    pytest.importorskip("litert_torch", reason="needs pip install 'skinedge[litert]'")
    from skinedge.commands.options import DEFAULT_CHECKPOINT
    from skinedge.lowering.export import export_checkpoint
    from skinedge.lowering.recipe import load_export_recipe

    bundle = export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("tflite").at("fp32"), tmp_path / "tflite").bundle
    holds([sys.executable, SAMPLES / "tflite.py"], bundle.folder, tmp_path)
