"""Targets are registered: others can be added, and each needs only its own packages."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.errors import ConfigError, ContractError, LoweringError
from skinedge.lowering.backends import registry as backends
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.backends.registry import (
    Backend,
    backend_names,
    get_backend,
    installed_backend_names,
    register_backend,
)
from skinedge.lowering.export import export_checkpoint
from skinedge.lowering.precision import (
    FLOAT16,
    FLOAT32,
    INT8,
    INT8_WEIGHTS,
    BlockPrecision,
    ProgramPrecision,
    decide_precision,
)
from skinedge.lowering.recipe import load_export_recipe
from skinedge.models.inference import InferenceModule
from skinedge.runtime import registry as runtimes
from skinedge.runtime.bundle import Bundle, open_bundle
from skinedge.runtime.engine import Engine, Floats, checked
from skinedge.runtime.loading import load_engine
from skinedge.runtime.registry import Runtime, register_runtime
from skinedge.runtime.verification import verify
from tests import fakes
from tests.lowering.tiny import quantization

RECIPE = """
target = "torch_export"
precision = "fp32"
program = "program.pt2"

[limits.fp32]
bytes_per_weight = 4.5
allowance_bytes = 2_000_000
decision_agreement = 1.0
top1_agreement = 1.0
synthetic_decision_agreement = 1.0
synthetic_mean_difference = 0.0001
largest_difference = 0.001
bacc_loss = 0.0
melanoma_loss = 0.0
ece_rise = 0.0001
"""


def lower(module: InferenceModule, example: tuple[torch.Tensor, ...], precision: ProgramPrecision) -> Lowered:
    """torch's own file of an exported program."""
    assert precision.of("image_encoder.features.0") == FLOAT32
    import io

    file = io.BytesIO()
    torch.export.save(torch.export.export(module, example), file)
    return Lowered({"program.pt2": file.getvalue()})


class TorchEngine:
    """Runs it again."""

    def __init__(self, bundle: Bundle) -> None:
        import io

        self.bundle, self.program = bundle, torch.export.load(io.BytesIO(bundle.program_bytes())).module()

    def probabilities(self, photo: Floats, answers: Floats) -> Floats:
        """See `Engine.probabilities`."""
        with torch.no_grad():
            return checked(self.program(torch.from_numpy(photo), torch.from_numpy(answers)).numpy(), self.bundle)


def load(bundle: Bundle, threads: int | None) -> Engine:
    return TorchEngine(bundle)


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A target that nobody has heard of, registered for one test."""
    monkeypatch.setattr(backends, "_LOADERS", dict(backends._LOADERS))
    monkeypatch.setattr(runtimes, "_LOADERS", dict(runtimes._LOADERS))
    recipe = tmp_path / "torch_export.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    backend = Backend(lower, packages=("torch",), precisions={"fp32": FLOAT32}, recipe=recipe)
    register_backend("torch_export", lambda: backend)
    register_runtime("torch_export", lambda: Runtime("torch", load, install="pip install torch"))
    return "torch_export"


def test_a_target_of_somebody_else_is_exported_to_through_the_gates(target: str, tmp_path: Path) -> None:
    exported = export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe(target), tmp_path / "out")
    (parity,) = exported.comparisons
    assert parity.n == 96 and parity.largest_difference < 1e-5 and parity.spread > 0.05
    bundle = open_bundle(tmp_path / "out")
    assert bundle.manifest.target == target and bundle.manifest.made_with["torch"] == importlib.metadata.version("torch")
    vector = json.loads(bundle.read("golden.json"))["vectors"][0]
    from PIL import Image

    from skinedge.runtime.engine import program_input

    photo = program_input(np.asarray(Image.open(bundle.folder / vector["photo"])))
    found = load_engine(bundle).probabilities(photo, np.array([vector["answers"]], dtype=np.float32))
    np.testing.assert_allclose(found, vector["probabilities"], atol=1e-5)
    assert [check.name for check in verify(bundle.folder) if check.status != "ok"] == ["signature"]


def test_names_are_checked_and_taken_once(target: str) -> None:
    for name, message in (
        (target, "already"),
        ("onnx", "already"),
        ("all", "cannot be called"),
        ("../x", "cannot be called"),
    ):
        with pytest.raises(ConfigError, match=message):
            register_backend(name, lambda: get_backend("onnx"))
        with pytest.raises(ConfigError, match=message):
            register_runtime(name, lambda: runtimes.get_runtime("onnx"))
    assert backend_names() == ("android", "ios", "onnx", "tflite", target)


class Entry:
    """What `importlib.metadata` finds of a package that adds a target."""

    def __init__(self, name: str, value: object) -> None:
        self.name, self.value = name, value

    def load(self) -> object:
        if isinstance(self.value, ImportError):
            raise self.value
        return self.value


def test_packages_add_targets_by_entry_points(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    backend = Backend(lower, packages=("no-such-package",), precisions={"fp32": FLOAT32}, install="elsewhere")
    entries = {
        "skinedge.backends": [Entry("elsewhere", backend), Entry("broken", ImportError("no module named elsewhere"))],
        "skinedge.runtimes": [Entry("elsewhere", Runtime("torch", load, install="pip install torch"))],
    }

    def entry_points(*, group: str, name: str | None = None) -> Iterator[Entry]:
        return (entry for entry in entries[group] if name in (None, entry.name))

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    assert get_backend("elsewhere") is backend and "elsewhere" in backend_names()
    assert "elsewhere" not in installed_backend_names()
    with pytest.raises(ConfigError, match="needs no-such-package: pip install 'elsewhere'"):
        backend.require_packages()
    with pytest.raises(ConfigError, match="target broken cannot be used here"):
        get_backend("broken")
    with pytest.raises(ConfigError, match="expected one of android, ios, onnx, tflite, broken, elsewhere"):
        get_backend("blackberry")
    folder = fakes.write_bundle(tmp_path / "bundle")
    fakes.list_files(folder, target="elsewhere", program="skinedge.onnx")
    assert open_bundle(folder).manifest.target == "elsewhere"


def test_a_bundle_for_an_unknown_target_is_refused(bundle: Path) -> None:
    path = bundle / "manifest.json"
    path.write_text(path.read_text().replace('"onnx"', '"blackberry"', 1))
    with pytest.raises(ContractError, match=r"'target'.*expected one of android, ios, onnx, tflite"):
        open_bundle(bundle)
    with pytest.raises(ContractError, match="no runtime for target 'blackberry'"):
        runtimes.get_runtime("blackberry")


BLOCKED = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("executorch", "coremltools", "litert_torch", "ai_edge_litert"):
            raise ModuleNotFoundError(f"{name} is not there", name=name)

sys.meta_path.insert(0, Refuse())
from skinedge.cli import main
for precision in ("int8", "fp32"):
    try:
        main(["export", "--target", "onnx", "--precision", precision, "--out", f"{sys.argv[1]}/{precision}"])
    except SystemExit as left:
        if left.code:
            raise
"""


def test_onnx_needs_neither_executorch_nor_coremltools(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKED, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for precision in ("int8", "fp32"):
        manifest = open_bundle(tmp_path / precision).manifest
        assert manifest.precision == precision
        assert set(manifest.made_with) == {"skinedge", "torch", "torchao", "onnx", "onnxscript", "onnxruntime"}


def test_what_each_block_computes_in_is_decided_once() -> None:
    found = quantization({}, float_blocks=("image_encoder.features.0",))
    backend = Backend(
        lower,
        packages=(),
        precisions={"int8": INT8, "fp16": FLOAT16, "fp32": FLOAT32},
        fp16_error_limit=1.5e-3,
    )
    blocks = ("image_encoder.features.0", "image_encoder.features.1", "classifier")

    def computes(name: str, known: object = found) -> list[BlockPrecision]:
        decided = decide_precision(backend, name, known)  # type: ignore[arg-type]
        return [decided.of(block) for block in blocks]

    assert computes("fp32") == [FLOAT32] * 3
    assert computes("int8") == [FLOAT32, INT8, INT8], "what calibration left in float"
    assert computes("fp16") == [FLOAT32, FLOAT32, FLOAT16], "and what loses more than the limit"
    assert computes("fp16", None) == [FLOAT16] * 3, "a network that nobody calibrated"
    with pytest.raises(LoweringError, match="skinedge calibrate"):
        computes("int8", None)
    weights_only = Backend(lower, packages=(), precisions={"int8": INT8_WEIGHTS})
    assert decide_precision(weights_only, "int8", found).scheme == "weights"
    assert decide_precision(backend, "int8", found).scheme == "all"
    with pytest.raises(ConfigError, match="no fp16 for this target: expected one of int8"):
        decide_precision(weights_only, "fp16", found)
