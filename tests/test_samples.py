"""The samples of export/samples run as they are, where their language and packages are: `make samples` brings them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from skinedge.runtime.bundle import default_bundle_path

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "export" / "samples"
NODE_PACKAGES = Path(os.environ.get("NODE", ROOT / "build" / "node"))


def agrees(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["difference"] < 0.01 and sum(said["probabilities"]) == pytest.approx(1, abs=1e-3)
    assert isinstance(said["refer"], bool)


def test_javascript_gives_what_the_golden_vector_says() -> None:
    if shutil.which("node") is None or not (NODE_PACKAGES / "node_modules" / "onnxruntime-web").is_dir():
        pytest.skip("needs node, and the packages that make samples installs")
    # Node looks for packages beside the script.
    agrees(["node", shutil.copy(SAMPLES / "onnx.mjs", NODE_PACKAGES), default_bundle_path()])


def test_tflite_in_python_gives_what_the_golden_vector_says(tmp_path: Path) -> None:
    pytest.importorskip("litert_torch", reason="needs pip install 'skinedge[litert]'")
    from skinedge.commands.options import DEFAULT_CHECKPOINT
    from skinedge.lowering.export import export
    from skinedge.lowering.recipe import load_export_recipe

    bundle = export(DEFAULT_CHECKPOINT, load_export_recipe("tflite").at("fp32"), tmp_path / "tflite").bundle
    agrees([sys.executable, SAMPLES / "tflite.py", bundle.folder])
