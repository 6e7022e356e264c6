"""The targets of the decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from skinedge.errors import ConfigError
from skinedge.models.upscalers import NetworkTarget, network, upscaler


@pytest.fixture(autouse=True)
def repeatable() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.mark.parametrize("target", ["bilinear", "bicubic"])
def test_interpolation_is_the_photo_at_twice_its_size(target: Literal["bilinear", "bicubic"]) -> None:
    upscale = upscaler(target)
    noise = upscale(torch.rand(2, 3, 16, 16) * 255)
    assert noise.shape == (2, 3, 32, 32) and noise.min() >= 0 and noise.max() <= 1
    slope = (torch.arange(16) * 15.0).expand(1, 3, 16, 16)
    back = F.avg_pool2d(upscale(slope), 2) * 255
    assert torch.allclose(back[..., 2:-2], slope[..., 2:-2], atol=1e-2)
    assert torch.allclose(upscale(torch.full((1, 3, 8, 8), 51.0)), torch.tensor(0.2))


@pytest.mark.parametrize("target", ["edsr", "ninasr"])
def test_a_network_upscales_with_the_weights_of_its_file_and_never_learns(target: NetworkTarget, tmp_path: Path) -> None:
    built = network(target)
    save_file(built.state_dict(), tmp_path / "w.safetensors")
    upscale = upscaler(target, tmp_path / "w.safetensors")
    rgb = torch.rand(1, 3, 32, 32) * 255
    with torch.no_grad():
        expected = built.eval()(rgb / 255).clamp(0, 1)
    assert torch.allclose(upscale(rgb), expected, atol=1e-6)
    assert upscale(rgb).shape == (1, 3, 64, 64)
    whole = nn.Sequential(upscale).train()
    assert not any(part.training for part in whole[0].modules())
    assert not any(parameter.requires_grad for parameter in whole.parameters())


def test_a_network_without_weights_is_reported_where_they_come_from() -> None:
    with pytest.raises(ConfigError, match="the target ninasr is made by a network: give its weights with --sr-weights"):
        upscaler("ninasr")


def test_weights_of_another_network_are_one_line(tmp_path: Path) -> None:
    save_file(network("edsr").state_dict(), tmp_path / "edsr.safetensors")
    (tmp_path / "text.safetensors").write_text("Dear doctor")
    for name, says in (
        ("edsr", "does not fit ninasr"),
        ("text", "is not a safetensors file"),
        ("gone", "is not a safetensors file"),
    ):
        with pytest.raises(ConfigError, match=says) as error:
            upscaler("ninasr", tmp_path / f"{name}.safetensors")
        assert "\n" not in str(error.value)
