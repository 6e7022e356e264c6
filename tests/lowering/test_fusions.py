"""Every fusion of Table 1 becomes a program that computes what it does in torch, not only the default one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from skinedge.lowering.backends.executorch import PROGRAM, lower
from skinedge.lowering.backends.onnx import export_onnx
from skinedge.models.fusion import FUSIONS
from skinedge.models.lesion_net import LesionNet
from skinedge.runtime.onnx_engine import load_session
from tests.models import test_fusion

Samples = list[tuple[torch.Tensor, torch.Tensor]]


@pytest.fixture(params=FUSIONS)
def model(request: pytest.FixtureRequest) -> LesionNet:
    torch.manual_seed(0)
    return test_fusion.net(request.param)


@pytest.fixture
def samples(model: LesionNet) -> Samples:
    answers = [(20.0, 1.0, 3.0), (90.0, 0.0, 1.0), (-1.0, -1.0, -1.0)]
    return [(100 * torch.randn(1, 3, 64, 64), torch.tensor([each])) for each in answers]


@pytest.fixture
def expected(model: LesionNet, samples: Samples) -> NDArray[np.float32]:
    with torch.no_grad():
        logits = np.concatenate([model(*sample).numpy() for sample in samples])
    assert np.ptp(logits, axis=0).max() > 0.01
    return logits


def test_in_onnx_runtime(model: LesionNet, samples: Samples, expected: NDArray[np.float32]) -> None:
    session = load_session(export_onnx(model, samples[0], output="logits"), threads=1)
    found = [session.run(None, {"photo": photo.numpy(), "answers": answers.numpy()})[0] for photo, answers in samples]
    assert np.abs(np.concatenate(found) - expected).max() < 1e-5


def test_in_executorch(model: LesionNet, samples: Samples, expected: NDArray[np.float32]) -> None:
    from executorch.runtime import Runtime

    program = lower(model, samples[0]).files[PROGRAM]
    loaded = Runtime.get().load_program(program)
    method = loaded.load_method("forward")
    assert method is not None
    found = np.concatenate([method.execute(list(sample))[0].numpy().copy() for sample in samples])
    assert np.abs(found - expected).max() < 1e-5
