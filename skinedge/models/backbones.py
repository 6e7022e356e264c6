"""Image backbones: feature extractors that end in a feature map, with the range of pixels that they expect."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torchvision
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from skinedge.errors import ConfigError

RGB = tuple[float, float, float]
IMAGENET_MEAN: RGB = (0.485, 0.456, 0.406)
IMAGENET_STD: RGB = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Normalization:
    """Mean and standard deviation of pixels in [0, 1] that the weights were trained with."""

    mean: RGB
    std: RGB


IMAGENET = Normalization(IMAGENET_MEAN, IMAGENET_STD)
SYMMETRIC = Normalization((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
NORMALIZATIONS = {"imagenet": IMAGENET, "symmetric": SYMMETRIC}


@dataclass(frozen=True)
class Backbone:
    """A feature extractor: (B, 3, H, W) normalised pixels to (B, channels, H / 32, W / 32)."""

    name: str
    features: nn.Sequential
    channels: int


def mobilenet_v2() -> Backbone:
    """MobileNet-V2 1.0. Source: Sandler et al., CVPR 2018, as built by torchvision."""
    return Backbone("mobilenet_v2", torchvision.models.mobilenet_v2(weights=None).features, 1280)


BACKBONES = {"mobilenet_v2": mobilenet_v2}


def build(name: str) -> Backbone:
    """An untrained backbone. Raises: ConfigError for a name that is not in `BACKBONES`."""
    if name not in BACKBONES:
        raise ConfigError(f"unknown backbone {name!r}: expected one of {', '.join(BACKBONES)}")
    return BACKBONES[name]()


def with_weights(name: str, weights: str) -> Backbone:
    """A backbone with weights: `none`, `imagenet` (torchvision downloads them), or a safetensors file of `features.*`.

    Raises: ConfigError where the file is missing or does not fit, or the download fails.
    """
    backbone = build(name)
    if weights == "none":
        return backbone
    state = _imagenet(name) if weights == "imagenet" else _from_file(Path(weights))
    prefix = "features."
    features = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    try:
        # A file may leave out the counters of batch normalisation, which nothing here reads.
        missing = backbone.features.load_state_dict(features, strict=False)
    except RuntimeError as error:
        raise ConfigError(f"{weights} does not fit {name}: {str(error).splitlines()[-1].strip()}") from None
    absent = [key for key in missing.missing_keys if not key.endswith("num_batches_tracked")]
    if absent or missing.unexpected_keys:
        first = (absent + missing.unexpected_keys)[0]
        raise ConfigError(f"{weights} does not fit {name}: {first} is missing or unknown; expected torchvision's names")
    return backbone


def _from_file(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise ConfigError(f"no weights at {path}: give a safetensors file, or `imagenet` where there is a network")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ConfigError(f"{path} is not a safetensors file ({error}): copy it again") from None


def _imagenet(name: str) -> dict[str, torch.Tensor]:
    try:
        return dict(torchvision.models.get_model(name, weights="IMAGENET1K_V1").state_dict())
    except (OSError, RuntimeError) as error:  # no network, or a file that does not have its checksum
        raise ConfigError(f"cannot download ImageNet weights ({error}): give a file with --weights") from None
