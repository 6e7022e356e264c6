"""Observers and annotations are those of torchao and XNNPACK, reached by their public side alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from skinedge.lowering.quantization.network_graph import observed_tensors
from skinedge.lowering.quantization.observers import ActivationObserver, insert_observers

SETTINGS = {"dtype": torch.int8, "quant_min": -128, "quant_max": 127, "qscheme": torch.per_tensor_affine, "eps": 2.0**-12}


def normal(seed: int) -> Tensor:
    return torch.randn(4096, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    "values",
    [
        lambda seed: normal(seed) * 3 + seed,
        lambda seed: normal(seed).exp(),
        lambda seed: -normal(seed).exp() - 1,
        lambda seed: (normal(seed) * 1e-6).abs() + 5,
        lambda seed: normal(seed).relu() * 10.0**seed,
    ],
    ids=["normal", "long tail", "negative", "nearly constant", "growing"],
)
def test_ranges_are_those_of_torchaos_search(values: Callable[[int], Tensor]) -> None:
    from torchao.quantization.pt2e import HistogramObserver

    ours, theirs = ActivationObserver(**SETTINGS), HistogramObserver(**SETTINGS)
    for seed in range(3):
        assert torch.equal(ours(values(seed)), values(seed))
        theirs(values(seed))
    low, high = ours.measured_range()
    observer = ActivationObserver(**SETTINGS)
    observer.fix_range(low, high)
    for found in (ours.calculate_qparams(), observer.calculate_qparams()):
        for mine, expected in zip(found, theirs.calculate_qparams(), strict=True):
            assert torch.equal(mine, expected) and mine.shape == (1,)
    observer(1000 * values(0))
    assert torch.equal(observer.calculate_qparams()[0], theirs.calculate_qparams()[0]), "a fixed range stays"


def test_a_tensor_that_is_always_zero_has_a_scale() -> None:
    observer = ActivationObserver(**SETTINGS)
    observer(torch.zeros(8))
    assert observer.measured_range() == (0.0, 0.0)
    assert float(observer.calculate_qparams()[0]) == 2.0**-12


class Everything(nn.Module):
    """What the backbones are made of: layers with and without activations, sums, products, pools, concatenations."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True)),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 8, 3, padding=1, groups=8),
            nn.ReLU6(),
            nn.Conv2d(8, 8, 1),
            nn.SiLU(),
        )
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Sigmoid())
        self.adapt = nn.Conv2d(24, 8, 1)
        self.head = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 8))

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        x = self.features(pixels)
        gated = x * self.gate(x)
        summed = torch.relu(gated + x)
        joined = torch.cat([summed, summed + gated, nn.functional.max_pool2d(x, 1)], 1)
        return (self.head(torch.relu(self.adapt(joined)).mean(dim=(2, 3))),)


class Network(nn.Module):
    """Three submodules, as a network of ours has them."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.image_encoder = Everything()
        self.clinical = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8, bias=False))
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(8, 4))
        self.eval()

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        (features,) = self.image_encoder(pixels)
        logits: Tensor = self.classifier(features * self.clinical(answers))
        return logits


def test_the_annotation_is_that_of_xnnpacks_quantizer() -> None:
    """By what is observed, between which nodes, and which tensors share one observer."""
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from torchao.quantization.pt2e.quantize_pt2e import prepare_pt2e

    network, sample = Network(), (torch.rand(1, 3, 16, 16), torch.rand(1, 4))
    ours = insert_observers(network, sample)
    theirs = insert_observers(network, sample)
    quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
    graph = torch.export.export(network.image_encoder, sample[:1]).module()
    theirs.image_encoder = prepare_pt2e(graph, quantizer)

    def annotation(observed: nn.Module) -> set[tuple[object, ...]]:
        tensors = list(observed_tensors(observed))
        return {
            (
                tensor.key,
                tensor.is_weight,
                frozenset(user.name for user in tensor.node.users),
                frozenset(other.key for other in tensors if other.observer is tensor.observer),
            )
            for tensor in tensors
        }

    found = annotation(ours)
    assert len(found) > 25 and found == annotation(theirs)


def test_nothing_of_a_block_in_float_is_observed() -> None:
    network, sample = Network(), (torch.rand(1, 3, 16, 16), torch.rand(1, 4))
    observed = insert_observers(network, sample, float_blocks=("image_encoder.features.0", "clinical"))
    blocks = [tensor.blocks for tensor in observed_tensors(observed)]
    assert not [ends for ends in blocks if ends and ends <= {"image_encoder.features.0", "clinical"}]
    assert {"image_encoder.features.1"} in blocks or {"image_encoder.features.2"} in blocks
    with torch.no_grad():
        torch.testing.assert_close(observed(*sample), network(*sample), atol=1e-4, rtol=1e-4)
