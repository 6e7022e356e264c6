"""Engines run a bundle's program as it is, and give no answer rather than a wrong one."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from skinedge.errors import ContractError, RuntimeMissingError, TamperError
from skinedge.runtime import silence
from skinedge.runtime.bundle import Bundle, open_bundle
from skinedge.runtime.engine import Floats, checked, program_input
from skinedge.runtime.loading import load_engine
from tests import fakes

if TYPE_CHECKING:
    import torch

ANSWERS = np.array([[63, 1, -1]], dtype=np.float32)


def random_photo(seed: int) -> Floats:
    shape = (1, 3, fakes.SIDE_PX, fakes.SIDE_PX)
    return np.random.default_rng(seed).uniform(0, 255 * (seed % 2), shape).astype(np.float32)


def test_program_input_is_channels_first_and_not_scaled() -> None:
    pixels = fakes.lesion_pixels(16)
    array = program_input(pixels)
    assert array.shape == (1, 3, 16, 16) and array.dtype == np.float32 and array.flags.c_contiguous
    assert array[0, 2, 5, 7] == pixels[5, 7, 2]


@pytest.mark.parametrize("threads", [None, 1])
def test_onnx_gives_what_numpy_gives(bundle: Path, threads: int | None) -> None:
    engine = load_engine(open_bundle(bundle), threads=threads)
    for seed in range(4):
        photo = random_photo(seed)
        for answers in (ANSWERS, np.zeros_like(ANSWERS)):
            found = engine.probabilities(photo, answers)
            assert found.shape == (len(fakes.LABELS),) and found.dtype == np.float32
            np.testing.assert_allclose(found, fakes.expected_probabilities(photo, answers), atol=1e-5)


@pytest.mark.parametrize(
    ("program", "of", "says"),
    [
        (fakes.onnx_program(side_px=32), fakes.contract(), "photo: got .*32, 32.*expected .*64, 64"),
        (fakes.onnx_program(photo_name="image"), fakes.contract(), "photo: got nothing of that name"),
        (fakes.onnx_program(), fakes.contract(labels=(*fakes.LABELS, "SEK")), "probabilities: got .*4.*expected .*5"),
        (b"not onnx", fakes.contract(), "cannot be loaded"),
        (b"", fakes.contract(), "cannot be loaded"),
        (fakes.onnx_program()[:300], fakes.contract(), "cannot be loaded"),
    ],
)
def test_a_program_that_does_not_fit_is_refused(tmp_path: Path, program: bytes, of: object, says: str) -> None:
    folder = fakes.write_bundle(tmp_path / "bad", program=program, of=of)  # type: ignore[arg-type]
    with pytest.raises(ContractError, match=says) as error:
        load_engine(open_bundle(folder))
    assert "\n" not in str(error.value)


def test_a_program_without_softmax_gives_no_answer(tmp_path: Path) -> None:
    folder = fakes.write_bundle(tmp_path / "logits", program=fakes.onnx_program(final="Identity"))
    engine = load_engine(open_bundle(folder))
    with pytest.raises(ContractError, match="gave no usable answer"):
        engine.probabilities(random_photo(1), ANSWERS)


def test_the_engine_loads_the_bytes_that_were_checked(bundle: Path) -> None:
    opened = open_bundle(bundle)
    opened.program_path.write_bytes(fakes.onnx_program(final="Sigmoid"))
    with pytest.raises(TamperError):
        load_engine(opened)


@pytest.mark.parametrize("values", [[np.nan, 0, 0, 1], [np.inf, 0, 0, 0], [0.5, 0.5, 0.5, -0.5], [0.2] * 4, [1.0]])
def test_numbers_that_are_no_probabilities_are_refused(bundle: Path, values: list[float]) -> None:
    with pytest.raises(ContractError, match="do not use this bundle"):
        checked(np.array([values], dtype=np.float32), open_bundle(bundle))


def test_rounding_of_small_programs_is_tolerated(bundle: Path) -> None:
    values = np.array([[0.2501, 0.2501, 0.2501, 0.2501]], dtype=np.float32)
    assert checked(values, open_bundle(bundle)).shape == (4,)


def test_runtime_and_screening_import_no_torch() -> None:
    code = (
        "import sys, skinedge.cli, skinedge.screening.display, skinedge.screening.screener\n"
        "import skinedge.runtime.onnx_engine, skinedge.runtime.executorch_engine, skinedge.runtime.litert_engine\n"
        "heavy = ('torch', 'onnxruntime', 'executorch', 'ai_edge_litert')\n"
        "sys.exit(' '.join(m for m in heavy if m in sys.modules) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_executorch_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "executorch.kernels.quantized", None)
    folder = fakes.write_bundle(tmp_path / "android", target="android", program=b"never read")
    with pytest.raises(ContractError, match=r"pip install (--upgrade )?'skinedge\[export\]'"):
        load_engine(open_bundle(folder))


def tiny_module() -> tuple[torch.nn.Module, tuple[torch.Tensor, torch.Tensor]]:
    """What `fakes.onnx_program` computes as a module of torch, with inputs to trace it with."""
    import torch

    class Tiny(torch.nn.Module):
        photo_weights: torch.Tensor
        answer_weights: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("photo_weights", torch.tensor(fakes.PHOTO_WEIGHTS))
            self.register_buffer("answer_weights", torch.tensor(fakes.ANSWER_WEIGHTS))

        def forward(self, photo: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
            logits = photo.mean((2, 3)) / 255 @ self.photo_weights + answers @ self.answer_weights
            return torch.softmax(logits, -1)

    example = (torch.zeros(1, 3, fakes.SIDE_PX, fakes.SIDE_PX), torch.zeros(1, len(fakes.ANSWER_WEIGHTS)))
    return Tiny().eval(), example


@pytest.fixture(scope="module")
def pte() -> bytes:
    """The program of `fakes.onnx_program` as ExecuTorch; importing and lowering takes about 10 s."""
    exir = pytest.importorskip("executorch.exir")
    import torch

    program = exir.to_edge_transform_and_lower(torch.export.export(*tiny_module()))
    return bytes(program.to_executorch().buffer)


def opened(folder: Path, program: bytes, side_px: int = fakes.SIDE_PX) -> Bundle:
    return open_bundle(fakes.write_bundle(folder, target="android", program=program, of=fakes.contract(side_px=side_px)))


def test_executorch_gives_what_numpy_gives(tmp_path: Path, pte: bytes) -> None:
    engine = load_engine(opened(tmp_path / "android", pte), threads=1)
    photos = [random_photo(seed) for seed in range(3)]
    found = [engine.probabilities(photo, ANSWERS) for photo in photos]
    # Compared after all runs: an answer that shares memory with the next one would by now hold that.
    for photo, values in zip(photos, found, strict=True):
        np.testing.assert_allclose(values, fakes.expected_probabilities(photo, ANSWERS), atol=1e-5)


def test_an_executorch_program_that_does_not_fit_is_refused(tmp_path: Path, pte: bytes) -> None:
    with pytest.raises(ContractError, match="photo: got"):
        load_engine(opened(tmp_path / "side", pte, side_px=32))
    for name, program in {"empty": b"", "junk": b"junk" * 100, "cut": pte[: len(pte) // 2]}.items():
        with pytest.raises(ContractError, match="cannot be loaded") as error:
            load_engine(opened(tmp_path / name, program))
        assert "\n" not in str(error.value)


def test_an_operator_that_executorch_lacks_is_named(tmp_path: Path, pte: bytes) -> None:
    assert pte.count(b"aten::mm") == 1
    named = pytest.raises(ContractError, match=r"uses the operator aten::zz\.out that this executorch does not have")
    with silence.hiding(), named as error:
        load_engine(opened(tmp_path / "android", pte.replace(b"aten::mm", b"aten::zz")))
    assert "\n" not in str(error.value)


def test_a_missing_litert_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    folder = fakes.write_bundle(tmp_path / "tflite", target="tflite", program=b"never read")
    with pytest.raises(RuntimeMissingError, match="pip install --upgrade ai-edge-litert") as error:
        load_engine(open_bundle(folder))
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def tflite() -> bytes:
    """The program of `fakes.onnx_program` for LiteRT."""
    litert_torch = pytest.importorskip("litert_torch", reason="needs pip install 'skinedge[litert]'")
    from skinedge.lowering.backends.litert import Named

    module, example = tiny_module()
    inputs = dict(zip(("photo", "answers"), example, strict=True))
    return bytes(litert_torch.convert(Named(module).eval(), sample_kwargs=inputs).model_content())


def test_litert_gives_what_numpy_gives(tmp_path: Path, tflite: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    engine = load_engine(open_bundle(fakes.write_bundle(tmp_path / "it", target="tflite", program=tflite)), threads=1)
    photos = [random_photo(seed) for seed in range(3)]
    found = [engine.probabilities(photo, ANSWERS) for photo in photos]
    for photo, values in zip(photos, found, strict=True):
        np.testing.assert_allclose(values, fakes.expected_probabilities(photo, ANSWERS), atol=1e-5)
    assert capfd.readouterr() == ("", "")


def test_a_litert_program_that_does_not_fit_is_refused(tmp_path: Path, tflite: bytes) -> None:
    smaller = fakes.write_bundle(tmp_path / "side", target="tflite", program=tflite, of=fakes.contract(side_px=32))
    with pytest.raises(ContractError, match="photo: got"):
        load_engine(open_bundle(smaller))
    for name, program in {"empty": b"", "junk": b"junk" * 100, "cut": tflite[: len(tflite) // 2]}.items():
        with pytest.raises(ContractError, match="cannot be loaded") as error:
            load_engine(open_bundle(fakes.write_bundle(tmp_path / name, target="tflite", program=program)))
        assert "\n" not in str(error.value)
