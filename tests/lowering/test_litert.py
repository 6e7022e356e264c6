"""LiteRT programs of the embedded model, each half a minute to convert. Where litert-torch is missing, they are skipped."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import fx, nn

from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.datasets.pad_ufes_20 import label_indices, read_pad_ufes_20
from skinedge.evaluation.predict import Model, predict
from skinedge.lowering.backends.litert import unfold_weights
from skinedge.lowering.export import Exported, export_checkpoint
from skinedge.lowering.parity.comparison import Comparison
from skinedge.lowering.parity.golden import synthetic_inputs
from skinedge.lowering.quantization.calibration import stratified
from skinedge.lowering.recipe import load_export_recipe
from skinedge.models.checkpoint import load_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.runtime.loading import load_engine
from skinedge.runtime.verification import verify
from tests import fakes
from tests.conftest import Command


def test_unfolded_weights_are_the_same_numbers() -> None:
    """A graph as torchao leaves it: int8 weights, and what makes floats of them."""
    buffers = {
        "stored": torch.randint(-127, 128, (4, 3), dtype=torch.int8, generator=torch.Generator().manual_seed(0)),
        "scales": torch.rand(4) + 0.01,
        "zeros": torch.zeros(4, dtype=torch.int64),
    }
    root, graph = nn.Module(), fx.Graph()
    for name, values in buffers.items():
        root.register_buffer(name, values)
    given = [graph.get_attr(name) for name in buffers]
    operator = torch.ops.quantized_decomposed.dequantize_per_channel.default
    graph.output(graph.call_function(operator, (*given, 0, -127, 127, torch.int8)))
    module = fx.GraphModule(root, graph)
    folded = module()
    unfold_weights(module)
    assert torch.equal(module(), folded) and folded.std() > 1
    called = [str(node.target) for node in module.graph.nodes if node.op == "call_function"]
    assert called == [f"quantized_decomposed.{kind}_per_channel.default" for kind in ("quantize", "dequantize")]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    pytest.importorskip("litert_torch", reason="needs pip install 'skinedge[litert]'")
    return export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("tflite"), tmp_path_factory.mktemp("tflite") / "bundle")


def test_the_bundle_passes_every_check_and_screens(exported: Exported, skinedge: Command, tmp_path: Path) -> None:
    folder = exported.bundle.folder
    assert [check.name for check in verify(folder) if check.status != "ok"] == ["signature"]
    photo = fakes.photo(tmp_path / "spot.jpg", side_px=640)
    code, out, error = skinedge("screen", photo, "--model", folder, "--allow-unsigned", "--json")
    assert code == 0 and '"decision"' in out, error


def test_int8_runs_in_int8_kernels_with_a_scale_for_each_channel(exported: Exported) -> None:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=exported.bundle.program_bytes(),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    tensors = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    found = Counter[str]()
    for operator in interpreter._get_ops_details():
        if operator["op_name"] in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            weights, output = (tensors[operator[end][i]] for end, i in (("inputs", 1), ("outputs", 0)))
            channels = len(weights["quantization_parameters"]["scales"])
            scales = "a scale each" if channels == output["shape"][-1] else f"{channels} scales"
            found[f"{np.dtype(output['dtype']).name}, {scales}"] += 1
    # In float are the first two blocks, imputation and the answers' head.
    assert found["int8, a scale each"] >= 50 and found["float32, 0 scales"] <= 8 and len(found) == 2, found


def test_fp32_is_eager_to_a_thousandth(tmp_path: Path) -> None:
    pytest.importorskip("litert_torch", reason="needs pip install 'skinedge[litert]'")
    made = export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("tflite").at("fp32"), tmp_path / "fp32")
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    synthetic = synthetic_inputs(checkpoint.contract, 12)
    assert np.abs(synthetic.run(load_engine(made.bundle)) - synthetic.run(EagerEngine(checkpoint))).max() < 1e-3
    assert made.comparisons[0].spread > 0.05


def test_int8_decides_like_fp32_on_real_photos(exported: Exported, real_data: Path) -> None:
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    contract = checkpoint.contract
    records = stratified(read_pad_ufes_20(real_data).with_photos(), 200)
    reference, candidate = (
        predict(Model(engine, contract), records) for engine in (EagerEngine(checkpoint), load_engine(exported.bundle))
    )
    parity = Comparison(contract, reference, candidate, "photos", label_indices(records)).parity()
    assert parity.n == 200 and parity.spread > 0.2
    assert parity.decision_agreement >= 0.99
    assert parity.bacc_change is not None and parity.bacc_change >= -0.02
