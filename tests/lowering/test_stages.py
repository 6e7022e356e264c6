"""The preprocessing as a program of its own: the same picture in every runtime."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.lowering.backends.executorch import PROGRAM, lower
from skinedge.lowering.backends.onnx import export_onnx
from skinedge.lowering.backends.xnnpack_rounding import round_by_adding
from skinedge.lowering.stages import Stage, split_stages
from skinedge.models.checkpoint import load_checkpoint
from skinedge.runtime.onnx_engine import load_session
from tests.preprocess import pictures

Program = Callable[..., Tensor]


@pytest.fixture(scope="module")
def stages() -> dict[str, Stage]:
    torch.set_num_threads(1)
    return split_stages(load_checkpoint(DEFAULT_CHECKPOINT))


def photos() -> Tensor:
    noise = np.random.default_rng(0).integers(0, 256, (1, 448, 448, 3), dtype=np.uint8)
    return pictures.planes(np.concatenate([pictures.synthetic(448), noise, noise // 8 + 90])).contiguous()


def assert_same_pictures(program: Program, stages: dict[str, Stage]) -> None:
    """To a hundredth of a level: normalised, a level is 1 / 255 / 0.22 at least."""
    seen = []
    for photo in torch.split(photos(), 1):
        expected = stages["preprocessing"].module(photo)
        assert (program(photo) - expected).abs().max() < 0.01 / 255 / 0.23
        seen.append(expected)
    assert torch.stack(seen).std(dim=0).mean() > 0.1, "pictures that are all alike prove nothing"


def test_executorch_prepares_the_picture_that_eager_does(stages: dict[str, Stage]) -> None:
    import executorch.kernels.quantized  # noqa: F401
    from executorch.runtime import Runtime

    stage = stages["preprocessing"]
    program = lower(stage.module, stage.example).files[PROGRAM]
    loaded = Runtime.get().load_program(program)
    method = loaded.load_method("forward")
    assert_same_pictures(lambda photo: method.execute([photo])[0], stages)


def test_onnx_runtime_prepares_the_picture_that_eager_does(stages: dict[str, Stage]) -> None:
    stage = stages["preprocessing"]
    session = load_session(export_onnx(stage.module, stage.example, inputs=["photo"]), threads=1)
    assert_same_pictures(lambda photo: torch.from_numpy(session.run(None, {"photo": photo.numpy()})[0]), stages)


def test_rounding_by_adding_is_rounding() -> None:
    class Rounding(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.round() * 2

    ties = torch.arange(-4000, 4000) / 4
    values = torch.cat([ties, ties.nextafter(torch.tensor(torch.inf)), torch.rand(1000) * 2**21])
    program = round_by_adding(torch.export.export(Rounding(), (values,)))
    assert "round" not in program.graph_module.code
    assert torch.equal(program.module()(values), values.round() * 2)
