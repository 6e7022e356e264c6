"""The embedded model as a Core ML package. Nothing here runs Core ML: packages are read back by the reference evaluator."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.errors import ContractError, RuntimeMissingError, TamperError
from skinedge.evaluation.predict import Model, predict
from skinedge.lowering.backends import coreml
from skinedge.lowering.backends.coreml_package import PACKAGE, PROGRAM, WEIGHTS
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.coreml_interpreter.engine import ReferenceEngine
from skinedge.lowering.coreml_interpreter.messages import messages
from skinedge.lowering.export import Exported, export_checkpoint
from skinedge.lowering.parity.golden import SyntheticInputs, synthetic_inputs
from skinedge.lowering.precision import INT8_WEIGHTS_FLOAT16, ProgramPrecision
from skinedge.lowering.quantization.calibration import stratified
from skinedge.lowering.quantization.plan import load_quantization
from skinedge.lowering.recipe import load_export_recipe
from skinedge.models.checkpoint import Checkpoint, load_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.models.inference import InferenceModule, example_inputs
from skinedge.runtime.bundle import open_bundle
from skinedge.runtime.coreml_engine import NOT_RUN, ios_version
from skinedge.runtime.engine import program_input
from skinedge.runtime.inspection import inspect
from skinedge.runtime.keys import trusted_keys
from skinedge.runtime.loading import load_engine
from skinedge.runtime.verification import verify
from tests import fakes
from tests.lowering.bare import Bare

INT8 = ProgramPrecision("int8", INT8_WEIGHTS_FLOAT16)


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return load_checkpoint(DEFAULT_CHECKPOINT)


@pytest.fixture(scope="module")
def eager(checkpoint: Checkpoint) -> Model:
    return Model(EagerEngine(checkpoint), checkpoint.contract)


@pytest.fixture(scope="module")
def synthetic(checkpoint: Checkpoint) -> SyntheticInputs:
    return synthetic_inputs(checkpoint.contract, 6)


@pytest.fixture(scope="module")
def ios(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The default export, in fp16, signed."""
    folder = tmp_path_factory.mktemp("ios")
    key, _ = fakes.new_keys(folder / "maker")
    return export_checkpoint(DEFAULT_CHECKPOINT, load_export_recipe("ios"), folder / "bundle", key=key)


@pytest.fixture(scope="module")
def fp32(checkpoint: Checkpoint) -> Lowered:
    return coreml.lower(checkpoint.inference_module(), example_inputs(checkpoint.contract))


def test_fp32_is_eager_to_a_hundred_thousandth(fp32: Lowered, eager: Model, synthetic: SyntheticInputs) -> None:
    reference = synthetic.run(eager.engine)
    assert reference.std(axis=0).max() > 0.05, "answers that are all alike prove nothing"
    np.testing.assert_allclose(synthetic.run(Bare(fp32)), reference, atol=1e-5)


def test_one_over_stays_one_over(fp32: Lowered) -> None:
    """coremltools makes `inverse` of a reciprocal, with 1e-4 added: it moved probabilities of fp32 by 0.005."""
    assert "inverse" not in {operation.kind for operation in Bare(fp32).program.operations}


def test_fp16_keeps_float32_where_levels_and_answers_are_counted_and_where_rounding_hurts(
    ios: Exported, checkpoint: Checkpoint
) -> None:
    bundle = ios.bundle
    program = Bare(Lowered({name: bundle.read(name) for name in bundle.manifest.program_files})).program
    kinds: dict[str, Counter[str]] = {}
    for operation in program.operations:
        kinds.setdefault(operation.kind, Counter()).update(port.dtype for port in operation.outputs)
    assert {port.dtype for port in (*program.inputs, *program.outputs)} == {"FLOAT32"}
    quantization = load_quantization(DEFAULT_CHECKPOINT, checkpoint.contract)
    assert quantization is not None and quantization.plan.float_blocks
    blocks = [checkpoint.net.get_submodule(block) for block in quantization.plan.float_blocks]
    kept = sum(isinstance(layer, torch.nn.Conv2d) for block in blocks for layer in block.modules())
    assert kinds["conv"]["FLOAT32"] == kept and kinds["conv"]["FLOAT16"] >= 10 * kept
    for kind in ("round", "floor", "cumsum", "scatter_along_axis", "softmax", "sigmoid", "log"):
        assert set(kinds[kind]) == {"FLOAT32"}, kind
    assert bundle.manifest.precision == "fp16"
    assert bundle.manifest.program_size_bytes < 7_500_000
    assert ios.comparisons[0].largest_difference < 0.01
    assert ios.comparisons[0].spread > 0.05


class TinyNetwork(torch.nn.Module):
    """Converts in seconds."""

    def __init__(self, fields: int, labels: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.photo = torch.nn.Conv2d(3, labels, 32, stride=32)
        self.answers = torch.nn.Linear(fields, labels)

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        logits: Tensor = self.photo(pixels).mean(dim=(2, 3)) + self.answers(answers)
        return logits


def test_the_same_program_gives_the_same_bytes(checkpoint: Checkpoint) -> None:
    network = TinyNetwork(len(checkpoint.contract.fields), len(checkpoint.contract.labels))
    first, again = (
        coreml.lower(InferenceModule(checkpoint.contract, network).eval(), example_inputs(checkpoint.contract), INT8)
        for _ in range(2)
    )
    assert first.files == again.files


class TwoBlocks(TinyNetwork):
    """Filters of two blocks by the names of a real network."""

    def __init__(self, fields: int, labels: int) -> None:
        super().__init__(fields, labels)
        self.image_encoder = torch.nn.Module()
        self.filters = torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(4, 3, 3)
        self.image_encoder.features = torch.nn.Sequential(*self.filters)

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        return super().forward(self.image_encoder.get_submodule("features")(pixels), answers)


def test_int8_quantizes_small_filters_too_but_not_of_blocks_in_float(checkpoint: Checkpoint) -> None:
    network = TwoBlocks(len(checkpoint.contract.fields), len(checkpoint.contract.labels))
    module = InferenceModule(checkpoint.contract, network).eval()
    lowered = coreml.lower(
        module, example_inputs(checkpoint.contract), replace(INT8, float_blocks=("image_encoder.features.1",))
    )
    found = {
        tuple(value.shape): value.float() for value in Bare(lowered).program.constants.values() if isinstance(value, Tensor)
    }
    first, second = (layer.weight.detach() for layer in network.filters)
    assert torch.equal(found[tuple(second.shape)], second)
    off = (found[tuple(first.shape)] - first).abs()
    assert 1e-4 < off.max() <= first.abs().max() / 127, "stored in float16, or not at the nearest of its steps"


def test_fp16_on_real_photos(ios: Exported, eager: Model, real_data: Path) -> None:
    records = stratified(read_pad_ufes_20(real_data).with_photos(), 12)
    found = predict(Model(ReferenceEngine(ios.bundle), eager.contract), records)
    np.testing.assert_allclose(found, predict(eager, records), atol=1e-2)


def test_the_package_says_what_it_is(ios: Exported) -> None:
    _, models = messages()
    spec = models.Model.FromString(ios.bundle.program_bytes())
    described, contract = spec.description, ios.bundle.contract
    assert spec.specificationVersion == 7, "iOS 16"
    photo, answers = described.input
    image = photo.type.imageType
    assert (image.width, image.height, image.colorSpace) == (448, 448, image.ColorSpace.Value("RGB"))
    assert list(answers.type.multiArrayType.shape) == [1, len(contract.fields)]
    assert all(port.shortDescription for port in (*described.input, *described.output))
    meta = described.metadata
    assert meta.author and meta.versionString and "Apache-2.0" in meta.license and "PAD-UFES-20" in meta.license
    metadata = dict(meta.userDefined)
    assert metadata["contract_sha256"] == hashlib.sha256((ios.bundle.folder / "contract.json").read_bytes()).hexdigest()
    assert metadata["labels"].split(",") == list(contract.labels)
    assert float(metadata["refer_threshold"]) == contract.refer.value
    assert "not a medical device" in metadata["notice"] and "not by Core ML" in metadata["checked"]
    assert not [name for name in metadata if "date" in name]
    manifest = json.loads(ios.bundle.read(f"{PACKAGE}/Manifest.json"))
    assert manifest["rootModelIdentifier"] in manifest["itemInfoEntries"]


def test_golden_vectors_hold_what_the_evaluator_gives(ios: Exported) -> None:
    from PIL import Image

    engine = ReferenceEngine(ios.bundle)
    for vector in json.loads(ios.bundle.read("golden.json"))["vectors"]:
        pixels = np.asarray(Image.open(ios.bundle.folder / vector["photo"]))
        answers = np.array([vector["answers"]], dtype=np.float32)
        np.testing.assert_allclose(engine.probabilities(program_input(pixels), answers), vector["probabilities"], atol=1e-5)


def test_a_flipped_weight_is_found_and_would_change_the_answer(
    ios: Exported, synthetic: SyntheticInputs, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ios.bundle.folder, copy)
    weights = bytearray((copy / WEIGHTS).read_bytes())
    # The exponents of a thousand float16 numbers in the last large blob.
    for place in range(len(weights) // 2 + 1, len(weights) // 2 + 2001, 2):
        weights[place] ^= 0x10
    (copy / WEIGHTS).write_bytes(weights)
    with pytest.raises(TamperError, match=r"weight\.bin"):
        open_bundle(copy)
    files = {PROGRAM: ios.bundle.program_bytes(), WEIGHTS: ios.bundle.read(WEIGHTS)}
    one = synthetic.at([0])
    before, after = (one.run(Bare(Lowered(files | change))) for change in ({}, {WEIGHTS: bytes(weights)}))
    assert not np.allclose(before, after, atol=1e-2)


def test_verify_says_that_core_ml_is_not_here(ios: Exported) -> None:
    public = ios.bundle.folder.with_name("maker.pub")
    checks = {check.name: check for check in verify(ios.bundle.folder, trusted_keys([public]))}
    assert [checks[name].status for name in ("manifest", "files", "signature", "contract")] == ["ok"] * 4
    assert [checks[name].status for name in ("runtime", "program", "golden")] == ["not checked"] * 3
    assert "Core ML" in checks["runtime"].detail and "\n" not in checks["runtime"].detail
    with pytest.raises(RuntimeMissingError, match="Mac"):
        load_engine(ios.bundle)


def test_inspect_says_that_nothing_was_run_on_a_phone(ios: Exported) -> None:
    contents = inspect(ios.bundle.folder)
    assert contents.minimum_runtime == "ios 16" and contents.caveats == (NOT_RUN,)
    assert contents.program_size_bytes > 6_000_000
    assert "not by Core ML" in "\n".join(contents.lines())


def test_a_package_that_does_not_fit_is_refused(ios: Exported, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ios.bundle.folder, copy)
    contract = ios.bundle.contract
    fewer = contract.model_copy(update={"fields": contract.fields[:-1]})
    fewer.save(copy)
    fakes.list_files(copy, target="ios", program=PROGRAM)
    (copy / "manifest.sig").unlink()
    with pytest.raises(ContractError, match="answers: got"):
        ReferenceEngine(open_bundle(copy))


@pytest.mark.parametrize(("macos", "ios_"), [("13.6.1", "16"), ("15.0", "18"), ("26.1", "26")])
def test_a_mac_is_as_old_as_its_core_ml(macos: str, ios_: str) -> None:
    assert ios_version(macos) == ios_
