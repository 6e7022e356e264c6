"""Reading saved packages: tiny programs that coremltools wrote, with weights in the file, against values known by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from skinedge.errors import LoweringError
from skinedge.lowering.coreml_interpreter.program import Program, read_program
from skinedge.lowering.coreml_interpreter.values import Port
from skinedge.lowering.coreml_interpreter.weights import Weights
from skinedge.runtime.silence import quiet_loading

# Of 64 values, so that coremltools puts it into the weight file.
COLUMN = np.arange(64, dtype=np.float32).reshape(64, 1) - 20


def saved(folder: Path, body: Callable[[Any, Any], Any], *, precision: str = "FLOAT32") -> tuple[bytes, bytes]:
    """The two files of a program from `x`, (1, 1), to what `body` makes of it with coremltools' builder."""
    with quiet_loading():
        import coremltools as ct
        from coremltools.converters.mil import Builder as mb  # noqa: N813

        program = mb.program(input_specs=[mb.TensorSpec(shape=(1, 1))])(lambda x: body(mb, x))
        model = ct.convert(
            program,
            convert_to="mlprogram",
            compute_precision=getattr(ct.precision, precision),
            minimum_deployment_target=ct.target.iOS16,
            skip_model_load=True,
        )
        model.save(str(folder / "tiny.mlpackage"))
    inside = folder / "tiny.mlpackage" / "Data" / "com.apple.CoreML"
    return (inside / "model.mlmodel").read_bytes(), (inside / "weights" / "weight.bin").read_bytes()


def run(program: Program, value: float) -> torch.Tensor:
    name = program.inputs[0].name
    (found,) = program.run({name: torch.tensor([[value]], dtype=torch.float32)}).values()
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    folder = tmp_path_factory.mktemp("tiny")
    return saved(folder, lambda mb, x: mb.relu(x=mb.linear(x=x, weight=COLUMN)))


def test_a_program_is_read_with_its_weights(files: tuple[bytes, bytes]) -> None:
    program = read_program(*files)
    assert [port.shape for port in (*program.inputs, *program.outputs)] == [(1, 1), (1, 64)]
    np.testing.assert_array_equal(run(program, 2).numpy()[0], np.maximum(0, 2 * COLUMN[:, 0]))


def test_a_changed_weight_changes_the_answer(files: tuple[bytes, bytes]) -> None:
    spec, weights = files
    place = weights.index(COLUMN.tobytes()) + 4 * 63 + 3  # the high byte of the last number
    changed = bytearray(weights)
    changed[place] ^= 1
    difference = run(read_program(spec, bytes(changed)), 2) - run(read_program(spec, weights), 2)
    assert (difference != 0).sum() == 1 and difference[0, 63] != 0


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: b"", "ends before"),
        (lambda data: data[:80], "ends before"),
        (lambda data: data[:-64], "no blob"),
        (lambda data: data[:4] + struct.pack("<I", 1) + data[8:], "version 1"),
        (lambda data: data[:64] + b"\0" + data[65:], "no blob"),
        (lambda data: data[:68] + struct.pack("<I", 1) + data[72:], "float16"),
        (lambda data: data[:68] + struct.pack("<I", 99) + data[72:], "no blob"),
    ],
)
def test_a_damaged_weight_file_is_told(files: tuple[bytes, bytes], damage: Callable[[bytes], bytes], says: str) -> None:
    with pytest.raises(LoweringError, match=says):
        read_program(files[0], damage(files[1]))


@pytest.mark.parametrize("spec", [b"", b"no protobuf", b"\x08\x07"])
def test_what_is_no_program_is_told(spec: bytes, files: tuple[bytes, bytes]) -> None:
    with pytest.raises(LoweringError, match="not a Core ML program"):
        read_program(spec, files[1])


def test_an_operation_that_is_not_known_is_named_when_the_program_is_opened(tmp_path: Path) -> None:
    files = saved(tmp_path, lambda mb, x: mb.erf(x=mb.linear(x=x, weight=COLUMN)))
    with pytest.raises(LoweringError, match="'erf'"):
        read_program(*files)


def test_float16_is_rounded_after_every_operation(tmp_path: Path) -> None:
    files = saved(tmp_path, lambda mb, x: mb.sub(x=mb.add(x=x, y=COLUMN.T), y=np.float32(2048)), precision="FLOAT16")
    # Between 2048 and 4096 float16 has even numbers only: 2048 + 43 - 20 is 2071 and becomes 2072.
    found = run(read_program(*files), 2048)[0]
    np.testing.assert_array_equal(found.numpy(), (2048 + COLUMN[:, 0]).astype(np.float16).astype(np.float32) - 2048)
    assert found[43] == 24


def test_values_of_another_type_or_shape_are_refused() -> None:
    port = Port("x", "INT32", (2,))
    port.rounded(torch.zeros(2, dtype=torch.int32))
    for value in (torch.zeros(2), torch.zeros(3, dtype=torch.int32)):
        with pytest.raises(LoweringError, match="declares INT32"):
            port.rounded(value)


def test_an_empty_place_in_the_weight_file_is_told(files: tuple[bytes, bytes]) -> None:
    for offset in (-64, 0, 10**9):
        with pytest.raises(LoweringError, match="weight file"):
            Weights(files[1]).blob(offset)
