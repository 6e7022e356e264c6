"""Fusion of image features and answers: the paper's product, and the five that its Table 1 compares it with.

Every fusion has two parts: `clinical`, from encoded answers (B, width) to clinical features, and `fuse`, from the image
encoder's feature maps and those features to one vector a photo for the classifier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skinedge.contract import ModelConfig
from skinedge.errors import ConfigError
from skinedge.models.clinical import ClinicalNetwork

FeatureMaps = tuple[Tensor, ...]
"""Feature maps (B, channels, H, W): those of the backbone's taps where a fusion asks for them, then the adapted one."""


@dataclass(frozen=True)
class Fusion:
    """The parts of a fusion; `width` is that of the fused vector."""

    clinical: nn.Module
    fuse: nn.Module
    width: int
    taps: int = 0
    """How many inner feature maps of the backbone `fuse` looks at."""


class Product(nn.Module):
    """Element-wise product of pooled image features and clinical features: paper, equation 2."""

    def forward(self, maps: FeatureMaps, clinical: Tensor) -> Tensor:
        """Maps and (B, 512) to (B, 512)."""
        return maps[-1].mean(dim=(2, 3)) * clinical


class PhotoOnly(nn.Module):
    """No answers at all: the paper's "no metadata"."""

    def forward(self, maps: FeatureMaps, clinical: Tensor) -> Tensor:
        """Maps to (B, 512), ignoring the answers."""
        return maps[-1].mean(dim=(2, 3))


class Concatenation(nn.Module):
    """Image features beside answers. Source: Pacheco and Krohling, Computers in Biology and Medicine 116, 2020."""

    def forward(self, maps: FeatureMaps, clinical: Tensor) -> Tensor:
        """Maps and (B, width) to (B, 512 + width)."""
        return torch.cat([maps[-1].mean(dim=(2, 3)), clinical], dim=1)


class MetaBlock(nn.Module):
    """Gates each channel with the answers before pooling: sigmoid(tanh(map * scale) + shift), scale and shift learnt
    from the answers. Source: Pacheco and Krohling, IEEE J. Biomedical and Health Informatics 25, 2021."""

    def forward(self, maps: FeatureMaps, clinical: Tensor) -> Tensor:
        """Maps and (B, 1024), scales then shifts, to (B, 512)."""
        scale, shift = clinical.reshape(len(clinical), -1, 1, 1).chunk(2, dim=1)
        return torch.sigmoid(torch.tanh(maps[-1] * scale) + shift).mean(dim=(2, 3))


class VisualAttention(nn.Module):
    """The photo's global features choose where to look in three inner feature maps; the answers weigh the global ones.

    Source: Pundhir et al., Visually aware metadata-guided supervision, EPIMI workshop 2022 ([14] of the paper); the
    attention is that of Jetley et al., Learn to pay attention, ICLR 2018.
    """

    def __init__(self, tap_channels: tuple[int, ...], fused: int) -> None:
        super().__init__()
        self.project = nn.ModuleList([nn.Conv2d(channels, fused, 1) for channels in tap_channels])

    def forward(self, maps: FeatureMaps, clinical: Tensor) -> Tensor:
        """Three inner maps, the adapted one and (B, 512) to (B, 2048)."""
        whole = maps[-1].mean(dim=(2, 3))
        parts = []
        for project, inner in zip(self.project, maps[:-1], strict=True):
            local = project(inner).flatten(2)
            attention = (local * whole.reshape(len(whole), -1, 1)).sum(dim=1, keepdim=True).softmax(dim=2)
            parts.append((local * attention).sum(dim=2))
        return torch.cat([*parts, whole * clinical], dim=1)


def _gates(width: int, fused: int) -> nn.Module:
    """MetaNet's gates, one a channel. Source: Li et al., Fusing metadata and dermoscopy images, ISBI 2020."""
    return nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, fused), nn.Sigmoid())


def _scales_and_shifts(width: int, fused: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width, 2 * fused), nn.BatchNorm1d(2 * fused))


def _deep(width: int, fused: int) -> nn.Module:
    """The clinical features of [14]."""
    layers: list[nn.Module] = []
    for before, after in ((width, fused), (fused, fused)):
        layers += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers)


FUSIONS: dict[str, Callable[[int, tuple[int, ...], tuple[int, ...]], Fusion]] = {
    "none": lambda width, taps, widths: Fusion(nn.Identity(), PhotoOnly(), widths[-1]),
    "concat": lambda width, taps, widths: Fusion(nn.Identity(), Concatenation(), widths[-1] + width),
    # Gating the channels of a map and pooling it is the same as gating what was pooled.
    "metanet": lambda width, taps, widths: Fusion(_gates(width, widths[-1]), Product(), widths[-1]),
    "metablock": lambda width, taps, widths: Fusion(_scales_and_shifts(width, widths[-1]), MetaBlock(), widths[-1]),
    "visual_attention": lambda width, taps, widths: Fusion(
        _deep(width, widths[-1]), VisualAttention(taps, widths[-1]), (1 + len(taps)) * widths[-1], len(taps)
    ),
    "product": lambda width, taps, widths: Fusion(ClinicalNetwork(width, widths), Product(), widths[-1]),
}
"""The paper's, and the five that its Table 1 compares it with; made from the width of the encoded answers, the channels of
the backbone's taps and the widths of the clinical network."""

NEEDS_TAPS = frozenset({"visual_attention"})


def list_fusions() -> tuple[str, ...]:
    """Every way in which photo and answers can meet, by the names that a recipe takes.

    Example:
        >>> list_fusions()
        ('none', 'concat', 'metanet', 'metablock', 'visual_attention', 'product')
    """
    return tuple(FUSIONS)


def build_fusion(config: ModelConfig, width: int, taps: tuple[int, ...]) -> Fusion:
    """An untrained fusion.

    Args:
        width: of the encoded answers.
        taps: channels of the inner feature maps that the backbone offers.

    Raises: ConfigError for a name that is not in `FUSIONS`, or one that needs inner feature maps where there are none.
    """
    if config.fusion not in FUSIONS:
        raise ConfigError(f"unknown fusion {config.fusion!r}: expected one of {', '.join(FUSIONS)}")
    if config.fusion in NEEDS_TAPS and not taps:
        raise ConfigError(
            f"fusion {config.fusion} looks at inner feature maps and {config.backbone} names none: expected another fusion, "
            "or a backbone registered with taps"
        )
    return FUSIONS[config.fusion](width, taps, config.clinical_widths)
