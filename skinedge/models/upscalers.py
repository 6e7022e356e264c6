"""The decoder's targets: the photo at twice its size, by interpolation or by a network (paper, Table 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from skinedge.errors import ConfigError

NetworkTarget = Literal["edsr", "ninasr"]
Target = Literal["bilinear", "bicubic", "edsr", "ninasr"]


class Interpolation(nn.Module):
    """Upscaling by a formula."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, rgb: Tensor) -> Tensor:
        """(B, 3, H, W) pixels in [0, 255] to (B, 3, 2H, 2W) in [0, 1]."""
        return F.interpolate(rgb * (1 / 255), scale_factor=2, mode=self.mode, align_corners=False).clamp(0, 1)


class NetworkUpscaler(nn.Module):
    """Upscaling by a trained network, whose weights stay as they are."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> NetworkUpscaler:
        """Stays in eval mode whatever the network around it does."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, rgb: Tensor) -> Tensor:
        """(B, 3, H, W) pixels in [0, 255] to (B, 3, 2H, 2W) in [0, 1]."""
        upscaled: Tensor = self.network(rgb * (1 / 255)).clamp(0, 1)
        return upscaled


def network(target: NetworkTarget) -> nn.Module:
    """An untrained small x2 network: (B, 3, H, W) in [0, 1] to (B, 3, 2H, 2W).

    Source: EDSR baseline, Lim et al., CVPR workshops 2017; NinaSR-B0, Gouvine, 2021; both as built by torchSR.
    """
    from torchsr.models import edsr_baseline, ninasr_b0

    built: nn.Module = {"edsr": edsr_baseline, "ninasr": ninasr_b0}[target](scale=2)
    return built


def upscaler(target: Target, weights: Path | None = None) -> nn.Module:
    """The module that makes the targets; `weights` is a safetensors file, which only networks need.

    Raises: ConfigError where a network has no weights, or they are missing or do not fit.
    """
    if target == "bilinear" or target == "bicubic":
        return Interpolation(target)
    if weights is None:
        raise ConfigError(
            f"the target {target} is made by a network: give its weights with --sr-weights, or make some with "
            f"skinedge upscaler --sr-target {target}"
        )
    built = network(target)
    try:
        built.load_state_dict(load_file(weights))
    except (OSError, SafetensorError) as error:
        raise ConfigError(f"{weights} is not a safetensors file ({error}): make one with skinedge upscaler") from None
    except RuntimeError as error:
        raise ConfigError(f"{weights} does not fit {target}: {str(error).splitlines()[-1].strip()}") from None
    return NetworkUpscaler(built)
