"""ONNX Runtime reports to its maker unless a variable is set before it loads: every entry to the package sets it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["skinedge", "skinedge.runtime.onnx_engine", "skinedge.cli", "benchmarks.arm.guest"])
@pytest.mark.parametrize("before", [None, "0"])
def test_telemetry_is_off_before_onnxruntime_loads(module: str, before: str | None) -> None:
    preset = f"import os; os.environ.update({{'ORT_DISABLE_TELEMETRY': {before!r}}} if {before!r} else {{}}); "
    code = f"{preset}import {module}, sys; print(os.environ['ORT_DISABLE_TELEMETRY'], 'onnxruntime' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["1", "False"]
