"""The embedded model through every exporter. Each lowering takes most of a minute on a slow core: once a session."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.datasets.pad_ufes_20 import label_indices, read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ConfigError, GateError, LoweringError, TamperError
from skinedge.evaluation.predict import Model, predict
from skinedge.lowering.backends.executorch import lower
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.backends.onnx import CONVERTED, OPERATORS, OPSET
from skinedge.lowering.backends.registry import Backend
from skinedge.lowering.export import Exported, export_checkpoint
from skinedge.lowering.export_all import export_all
from skinedge.lowering.parity.comparison import Comparison
from skinedge.lowering.parity.golden import synthetic_inputs
from skinedge.lowering.precision import FLOAT16, FLOAT32, ProgramPrecision
from skinedge.lowering.quantization.calibration import stratified
from skinedge.lowering.quantization.plan import (
    QUANTIZATION_FILE,
    Quantization,
    corrections_sha256,
    load_quantization,
    save_quantization,
)
from skinedge.lowering.recipe import load_export_recipe
from skinedge.lowering.rewrites import halved
from skinedge.models.checkpoint import load_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.models.inference import example_inputs
from skinedge.runtime.bundle import open_bundle
from skinedge.runtime.keys import trusted_keys
from skinedge.runtime.loading import load_engine
from skinedge.runtime.verification import verify
from tests import fakes
from tests.lowering.tiny import TinyModule, TinyNet, samples


@pytest.fixture(scope="session")
def android(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    folder = tmp_path_factory.mktemp("android")
    key, _ = fakes.new_keys(folder / "maker")
    return export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("android"), folder / "bundle", key=key)


@pytest.fixture(scope="session")
def onnx(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("onnx"), tmp_path_factory.mktemp("onnx") / "bundle")


@pytest.fixture(scope="session")
def onnx_fp32(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export_checkpoint(
        DEFAULT_CHECKPOINT, load_export_recipe("onnx").at("fp32"), tmp_path_factory.mktemp("onnx") / "fp32"
    )


@pytest.fixture(scope="session")
def eager() -> Model:
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    return Model(EagerEngine(checkpoint), checkpoint.contract)


def test_the_android_bundle_is_small_whole_and_mostly_delegated(android: Exported) -> None:
    manifest = open_bundle(android.bundle.folder).manifest
    assert manifest.files["skinedge.pte"].size_bytes <= 4_000_000
    assert {"contract.json", "golden.json", "model_card.md", "parity.json", "sbom.cdx.json"} <= set(manifest.files)
    assert android.lowered.delegated["aten_convolution_default"] >= 50, android.lowered.delegated
    outside = {(portable.operator, portable.part): portable.why for portable in android.lowered.portable}
    assert not [operator for operator, _ in outside if operator.startswith("convolution")]
    assert outside["embedding.default", "colour constancy and CLAHE"] == "XNNPACK has no such operator"
    assert not [operator for operator, part in outside if part == "network" and operator.startswith(("linear", "hardtanh"))]


@pytest.mark.parametrize("name", ["android", "onnx"])
def test_an_int8_program_decides_like_fp32_on_real_photos(
    name: str, request: pytest.FixtureRequest, eager: Model, real_data: Path
) -> None:
    exported: Exported = request.getfixturevalue(name)
    photos = read_pad_ufes_20(real_data).with_photos()
    calibrated_on = {record.image_id for record in stratified(photos, 200)}
    records = stratified(tuple(record for record in photos if record.image_id not in calibrated_on), 200)
    comparison = Comparison(
        eager.contract,
        predict(eager, records),
        predict(Model(load_engine(exported.bundle), eager.contract), records),
        samples="photos",
        labels=label_indices(records),
        program=exported.bundle.contract,
    )
    parity = comparison.parity()
    assert parity.n == 200 and parity.spread > 0.2
    assert load_export_recipe(name).limits["int8"].broken_by(parity) == []


def test_fp32_in_executorch_is_eager_to_a_ten_thousandth(tmp_path: Path, eager: Model) -> None:
    exported = export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("android").at("fp32"), tmp_path / "fp32")
    synthetic = synthetic_inputs(eager.contract, 12)
    difference = np.abs(synthetic.run(load_engine(exported.bundle)) - synthetic.run(eager.engine))
    assert difference.max() < 1e-4
    assert exported.comparisons[0].spread > 0.05


def test_fp32_in_onnx_runtime_is_eager_to_a_ten_thousandth(onnx_fp32: Exported) -> None:
    (synthetic,) = onnx_fp32.comparisons
    assert synthetic.largest_difference < 1e-4 and synthetic.spread > 0.05 and synthetic.n == 96


@pytest.mark.parametrize("name", ["onnx", "onnx_fp32"])
def test_an_onnx_file_is_made_of_what_converts_to_tflite(name: str, request: pytest.FixtureRequest) -> None:
    import onnx as format_

    model = format_.load_from_string(request.getfixturevalue(name).bundle.program_bytes())
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", OPSET)]
    assert {f"{node.domain}{node.op_type}" for node in model.graph.node} <= CONVERTED
    values = [*model.graph.input, *model.graph.value_info, *model.graph.output]
    assert len(values) > len(model.graph.node)
    for value in values:
        sides = value.type.tensor_type.shape.dim
        assert all(side.HasField("dim_value") for side in sides), value
        # onnx2tf turned (1, 224, 224) over its diagonal without a word.
        assert len(sides) != 3 or sides[1].dim_value != sides[2].dim_value, value


def test_int8_in_onnx_is_weights_only(onnx: Exported, onnx_fp32: Exported) -> None:
    import onnx as format_

    model, fp32 = (format_.load_from_string(one.bundle.program_bytes()) for one in (onnx, onnx_fp32))
    kinds = Counter(node.op_type for node in model.graph.node)
    stored = {one.name: one.data_type for one in model.graph.initializer}
    quantized = [node.input[0] for node in model.graph.node if stored.get(node.input[0]) == format_.TensorProto.INT8]
    assert len(quantized) > 50
    assert kinds - Counter({"Cast": len(quantized), "Mul": len(quantized)}) == Counter(
        node.op_type for node in fp32.graph.node
    )


def test_an_operator_that_may_not_convert_stops_the_export(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("skinedge.lowering.backends.onnx.OPERATORS", OPERATORS - {"CumSum"})
    with pytest.raises(LoweringError, match=r"would use CumSum, which is not known to convert") as error:
        export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("onnx").at("fp32"), tmp_path / "out")
    assert "\n" not in str(error.value) and not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["android", "onnx"])
def test_golden_vectors_hold_what_the_program_gives(name: str, request: pytest.FixtureRequest) -> None:
    from PIL import Image

    from skinedge.runtime.engine import program_input

    bundle = request.getfixturevalue(name).bundle
    engine = load_engine(bundle)
    vectors = json.loads((bundle.folder / "golden.json").read_text())["vectors"]
    expected = np.array([v["probabilities"] for v in vectors], dtype=np.float32)
    assert expected.std(axis=0).max() > 0.05, "vectors that are all alike prove nothing"
    scores = expected[:, bundle.contract.malignant_indices].sum(axis=1)
    assert min(scores) < bundle.contract.refer.value <= max(scores), "nor does advice that is always the same"
    for vector, probabilities in zip(vectors, expected, strict=True):
        pixels = np.asarray(Image.open(bundle.folder / vector["photo"]))
        answers = np.array([vector["answers"]], dtype=np.float32)
        np.testing.assert_allclose(engine.probabilities(program_input(pixels), answers), probabilities, atol=1e-5)


def test_the_decoder_is_not_exported_and_the_module_is_the_trained_one(eager: Model) -> None:
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    module = checkpoint.inference_module()
    assert not [name for name, _ in module.named_parameters() if "decoder" in name]
    assert eager.contract.weights_sha256 is not None


def test_an_export_is_signed_and_passes_every_check(android: Exported, onnx: Exported) -> None:
    public = android.bundle.folder.with_name("maker.pub")
    assert {check.name: check.status for check in verify(android.bundle.folder, trusted_keys([public]))} == dict.fromkeys(
        ("manifest", "files", "signature", "contract", "runtime", "program", "golden"), "ok"
    )
    assert [check.name for check in verify(onnx.bundle.folder) if check.status != "ok"] == ["signature"]


def test_the_same_export_gives_the_same_bytes(onnx: Exported, tmp_path: Path) -> None:
    again = export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("onnx"), tmp_path / "again")
    assert again.bundle.manifest == onnx.bundle.manifest


def test_a_broken_quantization_is_stopped_and_the_old_bundle_stays(onnx: Exported, tmp_path: Path) -> None:
    checkpoint, out = tmp_path / "checkpoint", tmp_path / "out"
    shutil.copytree(DEFAULT_CHECKPOINT, checkpoint)
    shutil.copytree(onnx.bundle.folder, out)
    before = (out / "manifest.json").read_bytes()
    carried = load_quantization(checkpoint, onnx.bundle.contract)
    assert carried is not None
    corrections = {
        scheme: {name: 100 * values for name, values in each.items()} for scheme, each in carried.corrections.items()
    }
    found = carried.plan.model_copy(update={"corrections_sha256": corrections_sha256(corrections)})
    save_quantization(checkpoint, Quantization(found, corrections))
    with pytest.raises(
        GateError, match=r"nothing was written.*decision_agreement.*synthetic lesions no\. \d+ 0\.\d+ to 0\.\d+"
    ):
        export_checkpoint(checkpoint, load_export_recipe("onnx"), out, report=tmp_path / "report.html")
    assert (out / "manifest.json").read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []
    page = (tmp_path / "report.html").read_text()
    assert "no bundle was written" in page and "decision_agreement" in page and "image_encoder.features.1" in page


def test_one_scale_a_layer_from_four_photos_is_stopped(onnx: Exported, tmp_path: Path) -> None:
    recipe = tmp_path / "coarse.toml"
    text = (Path(__file__).parents[2] / "export" / "onnx.toml").read_text()
    text = text.replace("per_channel = true", "per_channel = false").replace(
        "calibration_photos = 204", "calibration_photos = 4"
    )
    recipe.write_text(text)
    with pytest.raises(LoweringError, match="calibrated with other settings"):
        export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe(str(recipe)), tmp_path / "out")
    data = read_pad_ufes_20(write_synthetic(tmp_path / "data", photos=12))
    with pytest.raises(GateError, match="nothing was written"):
        export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe(str(recipe)), tmp_path / "out", data=data)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_exported_is_reported_before_long_work(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    shutil.copytree(DEFAULT_CHECKPOINT, checkpoint)
    (checkpoint / QUANTIZATION_FILE).unlink()
    with pytest.raises(LoweringError, match="--data"):
        export_checkpoint(checkpoint, load_export_recipe("onnx"), tmp_path / "out")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "diary.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not a bundle"):
        export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("onnx"), tmp_path / "notes")
    assert (tmp_path / "notes" / "diary.txt").read_text() == "mine"


def test_a_flipped_bit_of_the_program_is_found(android: Exported, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(android.bundle.folder, copy)
    program = bytearray((copy / "skinedge.pte").read_bytes())
    program[len(program) // 2] ^= 1
    (copy / "skinedge.pte").write_bytes(program)
    with pytest.raises(TamperError, match=r"skinedge\.pte"):
        open_bundle(copy)


def test_the_default_network_can_be_halved() -> None:
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    module, (photo, answers) = (
        checkpoint.inference_module(),
        example_inputs(checkpoint.contract),
    )
    with torch.no_grad():
        exact, half = module(photo, answers), halved(module)(photo, answers)
    assert 0 < (exact - half).abs().max() < 0.01, "no difference at all would be float32"


def test_half_precision_leaves_the_filters_of_blocks_that_are_named() -> None:
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    encoder = halved(checkpoint.inference_module(), ("image_encoder.features.1",)).get_submodule("network.image_encoder")
    kept = {name for name, weights in encoder.named_parameters() if weights.dtype == torch.float32}
    assert {name.split("features.")[1][:2] for name in kept} == {"1."}
    assert len(kept) == 4, "two filters and two biases"


def test_half_precision_stays_near_float_and_says_why_operators_stay_behind(tmp_path: Path) -> None:
    network = TinyNet()
    module, (pixels, answers) = TinyModule(network), samples(1)[0]
    photo = (pixels + 1) * 127.5
    lowered = lower(module, (photo, answers), ProgramPrecision("fp16", FLOAT16))
    from executorch.runtime import Runtime

    program = Runtime.get().load_program(lowered.files["skinedge.pte"]).load_method("forward")
    with torch.no_grad():
        differences = [
            (program.execute([p, a])[0] - module(p, a)).abs().max().item()
            for p, a in (((pixels + 1) * 127.5, answers) for pixels, answers in samples(8, seed=3))
        ]
    assert 0 < max(differences) < 1e-2, "no difference at all would be float32"
    assert lowered.delegated_share is not None and lowered.delegated_share > 0.5
    assert next(network.parameters()).dtype == torch.float32, "the module that was given is left alone"


def test_a_target_that_is_missing_or_refused_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Lowered:
        raise LoweringError("this one cannot be lowered")

    backends = {
        "android": Backend(refuse, ("torch",), {"fp32": FLOAT32}),
        "onnx": Backend(refuse, ("torch", "no-such-package"), {"fp32": FLOAT32}, install="tea"),
    }
    for module in ("export", "export_all", "recipe"):
        monkeypatch.setattr(f"skinedge.lowering.{module}.get_backend", backends.__getitem__)
    monkeypatch.setattr("skinedge.lowering.export_all.backend_names", lambda: tuple(backends))
    refused, missing = export_all(DEFAULT_CHECKPOINT, tmp_path / "out", precision="fp32")
    assert refused.name == "android-fp32" and refused.failed and refused.problem == "this one cannot be lowered"
    assert missing.name == "onnx" and not missing.failed
    assert missing.problem == "needs no-such-package: pip install 'tea'"
