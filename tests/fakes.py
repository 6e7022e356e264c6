"""Small real things to test with: a contract of three questions, ONNX programs, whole bundles, photos."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from skinedge.contract import ClinicalField, Contract, ImageSpec, Threshold, numbered
from skinedge.runtime import keys
from skinedge.runtime.bundle import Target, write_manifest
from skinedge.runtime.engine import program_input

SIDE_PX = 64
LABELS = ("ACK", "BCC", "MEL", "NEV")
MALIGNANT = ("BCC", "MEL")
PROGRAMS: dict[Target, str] = {"android": "skinedge.pte", "onnx": "skinedge.onnx", "tflite": "skinedge.tflite"}

PHOTO_WEIGHTS = np.array([[2, 0, 0, 1], [0, 1, 0, 0], [0, 0, 2, 1]], dtype=np.float32)
"""(3, labels): how the mean of each colour, 0..1, speaks for each label."""
ANSWER_WEIGHTS = np.array([[0, 0.01, 0, 0], [0, 0.5, 1, 0], [0.25, 0, 0.25, 0]], dtype=np.float32)
"""(fields, labels): how each answer speaks for each label; `age_years`, `itch`, `region`."""


def contract(
    *, side_px: int = SIDE_PX, threshold: float = 0.5, labels: tuple[str, ...] = LABELS, watch_below: float | None = None
) -> Contract:
    fields = (
        ClinicalField(name="age_years", kind="number", question="How old?", unit="years", minimum=0, maximum=120),
        ClinicalField(name="itch", kind="yes_no", question="Does it itch?"),
        ClinicalField(name="region", kind="choice", question="Where is it?", choices=("arm", "face", "back")),
    )
    return Contract(
        model_name="tiny",
        labels=labels,
        malignant_labels=MALIGNANT,
        image=ImageSpec(side_px=side_px),
        fields=numbered(fields),
        refer=Threshold(value=threshold, chosen_on="a test"),
        watch_below=None if watch_below is None else Threshold(value=watch_below, chosen_on="a test"),
    )


def expected_probabilities(photo: NDArray[np.float32], answers: NDArray[np.float32]) -> NDArray[np.float64]:
    """What `onnx_program` computes, written again in numpy."""
    logits = (photo.astype(np.float64).mean((2, 3)) / 255) @ PHOTO_WEIGHTS + answers @ ANSWER_WEIGHTS
    return (np.exp(logits) / np.exp(logits).sum())[0]  # type: ignore[no-any-return]


def onnx_program(*, side_px: int = SIDE_PX, final: str = "Softmax", photo_name: str = "photo") -> bytes:
    """A program that depends on both inputs; `final="Identity"` leaves out the softmax."""
    nodes = [
        helper.make_node("ReduceMean", [photo_name, "axes"], ["mean"], keepdims=0),
        helper.make_node("Div", ["mean", "white"], ["colour"]),
        helper.make_node("MatMul", ["colour", "photo_weights"], ["from_photo"]),
        helper.make_node("MatMul", ["answers", "answer_weights"], ["from_answers"]),
        helper.make_node("Add", ["from_photo", "from_answers"], ["logits"]),
        helper.make_node(final, ["logits"], ["probabilities"]),
    ]
    constants = {
        "axes": np.array([2, 3], dtype=np.int64),
        "white": np.array(255, dtype=np.float32),
        "photo_weights": PHOTO_WEIGHTS,
        "answer_weights": ANSWER_WEIGHTS,
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [_port(photo_name, (1, 3, side_px, side_px)), _port("answers", (1, len(ANSWER_WEIGHTS)))],
        [_port("probabilities", (1, len(LABELS)))],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    program: bytes = model.SerializeToString()
    return program


def write_bundle(folder: Path, *, program: bytes | None = None, of: Contract | None = None, target: Target = "onnx") -> Path:
    """A whole bundle, unsigned, with a valid manifest and golden vectors of `onnx_program`; returns its folder."""
    folder.mkdir(parents=True)
    (folder / PROGRAMS[target]).write_bytes(onnx_program() if program is None else program)
    (of or contract()).save(folder)
    (folder / "golden").mkdir()
    photo(folder / "golden" / "1.png", side_px=SIDE_PX)
    write_golden(folder)
    (folder / "model_card.md").write_text("# A model for tests\n")
    (folder / "parity.json").write_text("[]\n")
    return list_files(folder, target=target)


def list_files(folder: Path, *, target: Target = "onnx", program: str | None = None) -> Path:
    """Writes the manifest of whatever is in the folder now, as whoever rewrites a bundle can."""
    name = program or PROGRAMS[target]
    write_manifest(folder, target=target, precision="fp32", program=name, made_with={"onnx": onnx.__version__})
    return folder


def write_golden(folder: Path, *, off_by: float = 0) -> None:
    """One golden vector; `off_by` moves an expected probability."""
    answers = [63.0, 1.0, -1.0]
    pixels = program_input(lesion_pixels(SIDE_PX))
    expected = expected_probabilities(pixels, np.array([answers], dtype=np.float32))
    vector = {
        "photo": "golden/1.png",
        "answers": answers,
        "probabilities": [expected[0] + off_by, *expected[1:]],
        "reference_probabilities": expected.tolist(),
    }
    (folder / "golden.json").write_text(json.dumps({"vectors": [vector]}, indent=1) + "\n")


def new_keys(name: Path) -> tuple[Ed25519PrivateKey, Path]:
    """A private key, and the file of its public half."""
    private, public = keys.new_keys(name)
    return keys.load_private_key(private, lambda: ""), public


def lesion_pixels(side_px: int = 300, *, seed: int = 0) -> NDArray[np.uint8]:
    """(side_px, side_px, 3): a dark spot on skin, with the relief of skin and the fine grain of a sharp photo."""
    y, x = np.mgrid[:side_px, :side_px] / side_px - 0.5
    spot = np.clip(8 * (0.25 - np.hypot(x, y)), 0, 1)[..., None]
    colours = (1 - spot) * np.array([205, 160, 140]) + spot * np.array([95, 60, 50])
    rng = np.random.default_rng(seed)
    grain = rng.normal(0, 8, (side_px, side_px, 1))
    relief = np.zeros((side_px, side_px, 1))
    for cells, spread in ((16, 9), (32, 9), (64, 6), (128, 3)):
        octave = Image.fromarray(rng.normal(0, spread, (cells, cells)).astype(np.float32))
        relief += np.asarray(octave.resize((side_px, side_px), Image.Resampling.BICUBIC))[..., None]
    pixels: NDArray[np.uint8] = np.clip(colours + grain + relief, 0, 255).astype(np.uint8)
    return pixels


def photo(path: Path, *, side_px: int = 300) -> Path:
    """Saves a synthetic photo in the format of its suffix."""
    Image.fromarray(lesion_pixels(side_px)).save(path)
    return path


def _port(name: str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
