"""ONNX Runtime reports to its maker unless a variable is set before it loads: whoever loads it sets it.

`tests/test_private.py` shows that it then sends and keeps nothing.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from benchmarks import ROOT

LOADS = re.compile(r"^\s*(import|from) onnxruntime\b|#include <onnxruntime|ai\.onnxruntime", re.MULTILINE)


@pytest.mark.parametrize("module", ["skinedge", "skinedge.runtime.onnx_engine", "skinedge.cli", "benchmarks.arm.guest"])
@pytest.mark.parametrize("before", [None, "0"])
def test_telemetry_is_off_before_onnxruntime_loads(module: str, before: str | None) -> None:
    preset = f"import os; os.environ.update({{'ORT_DISABLE_TELEMETRY': {before!r}}} if {before!r} else {{}}); "
    code = f"{preset}import {module}, sys; print(os.environ['ORT_DISABLE_TELEMETRY'], 'onnxruntime' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["1", "False"]


def test_whatever_loads_it_without_our_package_sets_it_too() -> None:
    """Programs for other processors and samples in other languages; tests load our package before anything else."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    sources = [ROOT / name for name in listed.split("\0") if name.endswith((".py", ".cpp", ".kt", ".java", ".swift"))]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sources if path.is_file()}
    loading = {
        name: text for name, text in texts.items() if not name.startswith(("skinedge/", "tests/")) and LOADS.search(text)
    }
    assert {"benchmarks/arm/guest.py", "export/samples/onnx.cpp"} <= loading.keys()
    assert [name for name, text in loading.items() if "ORT_DISABLE_TELEMETRY" not in text] == []
