"""The fusions of Table 1: what each of them computes, and what of the answers reaches it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from skinedge.contract import ModelConfig
from skinedge.models.backbones import Backbone
from skinedge.models.fusion import FUSIONS
from skinedge.models.lesion_net import LesionNet
from skinedge.questionnaire import fields_named
from tests.models.tiny import CHANNELS, net_around

FIELDS = fields_named(("age_years", "itch", "region"))
TAPS = (4, 6, 8)
WIDTHS = ModelConfig(backbone="any").clinical_widths


@pytest.fixture(autouse=True)
def repeatable() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def net(fusion: str) -> LesionNet:
    layers: list[nn.Module] = []
    for before, after in zip((3, 4, 4, 6, 8), (4, 4, 6, 8, 8), strict=True):
        layers.append(nn.Sequential(nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()))
    taps = tuple(zip((1, 2, 3), TAPS, strict=True))
    return net_around(Backbone("tiny", nn.Sequential(*layers), 8, taps), FIELDS, fusion=fusion)


def maps(batch: int = 2) -> tuple[Tensor, ...]:
    inner = (torch.randn(batch, channels, side, side) for channels, side in zip(TAPS, (8, 4, 2), strict=True))
    return (*inner, torch.randn(batch, CHANNELS, 2, 2))


@pytest.mark.parametrize("fusion", FUSIONS)
def test_answers_count_in_every_fusion_but_the_one_without(fusion: str) -> None:
    model, pixels = net(fusion), torch.randn(1, 3, 64, 64)
    young, old = (model(pixels, torch.tensor([[age, 1.0, 3.0]])) for age in (20.0, 90.0))
    assert young.shape == (1, 6)
    assert torch.equal(young, old) == (fusion == "none")
    assert not torch.equal(young, model(torch.randn(1, 3, 64, 64), torch.tensor([[20.0, 1.0, 3.0]])))


@pytest.mark.parametrize("fusion", FUSIONS)
def test_every_part_of_a_fusion_learns_and_the_decoder_works_beside_it(fusion: str) -> None:
    model = net(fusion).train()
    outputs = model.train_forward(torch.randn(4, 3, 64, 64), torch.tensor([[50.0, 0.0, 1.0]] * 4), reconstruct=2)
    assert outputs.reconstruction is not None and outputs.reconstruction.shape == (2, 3, 128, 128)
    outputs.logits.square().sum().backward()  # type: ignore[no-untyped-call]
    parts = [*model.clinical.named_parameters(), *model.fuse.named_parameters()]
    assert all(parameter.grad is not None for _, parameter in parts)


def fuse(fusion: str, inputs: tuple[Tensor, ...], clinical: Tensor) -> Tensor:
    fused: Tensor = FUSIONS[fusion](18, TAPS, WIDTHS).fuse(inputs, clinical)
    return fused


def test_concatenation_keeps_the_answers_as_they_are() -> None:
    inputs, answers = maps(), torch.randn(2, 18)
    joined = fuse("concat", inputs, answers)
    assert torch.equal(joined, torch.cat([inputs[-1].mean(dim=(2, 3)), answers], dim=1))


def test_metanet_gates_lie_between_closed_and_open() -> None:
    gates = FUSIONS["metanet"](18, TAPS, WIDTHS).clinical(torch.randn(16, 18) * 5)
    assert gates.shape == (16, CHANNELS) and gates.min() > 0 and gates.max() < 1
    # What it does to a map before pooling is what the product does after.
    feature_map = torch.randn(16, CHANNELS, 3, 3)
    gated = (feature_map * gates[:, :, None, None]).mean(dim=(2, 3))
    assert torch.allclose(fuse("metanet", (feature_map,), gates), gated, atol=1e-6)


def test_metablock_is_its_equation() -> None:
    inputs, scale, shift = maps(), torch.randn(2, CHANNELS), torch.randn(2, CHANNELS)
    joined = fuse("metablock", inputs, torch.cat([scale, shift], dim=1))
    expected = torch.zeros(2, CHANNELS)
    for b in range(2):
        for c in range(CHANNELS):
            expected[b, c] = torch.sigmoid(torch.tanh(inputs[-1][b, c] * scale[b, c]) + shift[b, c]).mean()
    assert torch.allclose(joined, expected, atol=1e-6)


def test_visual_attention_looks_where_the_whole_photo_points() -> None:
    parts = FUSIONS["visual_attention"](18, TAPS, WIDTHS)
    assert parts.taps == 3 and parts.width == 4 * CHANNELS
    inputs = maps(batch=1)
    whole = inputs[-1].mean(dim=(2, 3))
    joined = parts.fuse(inputs, torch.full((1, CHANNELS), 2.0))
    assert torch.allclose(joined[:, -CHANNELS:], 2 * whole)
    # One place that agrees with the whole a thousand times more than the others gets all the attention.
    local = nn.Conv2d(TAPS[0], CHANNELS, 1)
    with torch.no_grad():
        local.weight.zero_()
        local.weight[:, 0, 0, 0] = whole[0]
        local.get_parameter("bias").zero_()
        parts.fuse.get_submodule("project").register_module("0", local)
        spot = torch.zeros(1, TAPS[0], 8, 8)
        spot[0, 0, 5, 2] = 10
        attended = parts.fuse((spot, *inputs[1:]), torch.ones(1, CHANNELS))[:, :CHANNELS]
    assert torch.allclose(attended, 10 * whole, rtol=1e-3)
