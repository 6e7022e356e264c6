"""A network with the parts that int8 quantizes, small enough to be quantized in a second."""

from __future__ import annotations

from typing import get_args

import torch
from torch import Tensor, nn

from skinedge.lowering.quantization.observers import Sample
from skinedge.lowering.quantization.plan import (
    Corrections,
    Quantization,
    QuantizationPlan,
    Ranges,
    Recalibration,
    Scheme,
    Settings,
    corrections_sha256,
)

SIDE_PX = 16
ANSWERS = 4
LABELS = 4


class TinyEncoder(nn.Module):
    """Four convolutions in three blocks, the second depthwise with channels of very different size."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6()),
            nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.ReLU6(), nn.Conv2d(8, 6, 1)),
        )
        self.adapt = nn.Sequential(nn.Conv2d(6, 8, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        return (self.adapt(self.features(pixels)),)


class TinyNet(nn.Module):
    """Pixels and answers to logits, as `LesionNet` does."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.image_encoder = TinyEncoder()
        self.clinical = nn.Sequential(nn.Linear(ANSWERS, 8), nn.ReLU(), nn.Linear(8, 8))
        self.classifier = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, LABELS))
        blocks = self.image_encoder.features
        spread = torch.logspace(-0.6, 0.6, 8)
        with torch.no_grad():
            # Channels many times as wide as others that matter as much are what int8 is bad at.
            blocks.get_parameter("1.0.weight").mul_(spread.reshape(-1, 1, 1, 1))
            blocks.get_parameter("1.0.bias").mul_(spread)
            blocks.get_parameter("1.2.weight").div_(spread.reshape(1, -1, 1, 1))
            # One channel of weights so small that their scale is under the quantizer's own least.
            self.classifier.get_parameter("0.weight")[0].mul_(1e-2)
            # Logits that hang on the photo and the answers, not on biases.
            self.image_encoder.adapt.get_parameter("1.weight").mul_(10)
            self.clinical.get_parameter("2.bias").fill_(1)
            self.classifier.get_parameter("2.weight").mul_(4)
            self.classifier.get_parameter("2.bias").zero_()
        self.eval()

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        (features,) = self.image_encoder(pixels)
        logits: Tensor = self.classifier(features.mean(dim=(2, 3)) * self.clinical(answers))
        return logits


class TinyModule(nn.Module):
    """Around a network what an inference module has around it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, photo: Tensor, answers: Tensor) -> Tensor:
        logits: Tensor = self.network(photo / 127.5 - 1, answers)
        return logits.softmax(dim=1)


def samples(count: int, *, seed: int = 0) -> list[Sample]:
    """Normalised pixels, of one colour and grain, and answers: one photo a sample."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(count):
        colour = torch.rand(1, 3, 1, 1, generator=generator) * 2 - 1
        grain = torch.rand(1, 3, SIDE_PX, SIDE_PX, generator=generator) - 0.5
        found.append(((colour + grain).clamp(-1, 1), torch.rand(1, ANSWERS, generator=generator)))
    return found


def quantization(
    ranges: Ranges,
    *,
    float_blocks: tuple[str, ...] = (),
    corrections: Corrections | None = None,
    per_channel: bool = True,
) -> Quantization:
    """As a calibration would find it; the same corrections for weights and activations as for weights alone."""
    both: dict[Scheme, Corrections] = {
        scheme: {name: value.clone() for name, value in (corrections or {}).items()} for scheme in get_args(Scheme)
    }
    found = QuantizationPlan(
        weights_sha256="ab" * 32,
        data_sha256="cd" * 32,
        settings=Settings(per_channel=per_channel),
        classes={"ACK": 1},
        skin_types={"type 2": 1},
        ranges=ranges,
        quantization_error={"image_encoder.features.0": 1e-3, "image_encoder.features.1": 2e-3},
        float_blocks=float_blocks,
        corrections_sha256=corrections_sha256(both),
        recalibrations={
            "all": Recalibration(temperature=1.5, refer_threshold=0.4, chosen_on="a test"),
            "weights": Recalibration(temperature=1.2, refer_threshold=0.3, chosen_on="another test"),
        },
    )
    return Quantization(found, both)
