"""The configuration that a network is rebuilt from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from skinedge.contract.frozen import Frozen

RGB = tuple[float, float, float]


class ModelConfig(Frozen):
    """The architecture of a network. With the contract's fields and labels, a network is rebuilt from it alone.

    It does not say how the network was trained: see `recipe.json` of a checkpoint, which loading never reads.
    """

    version: Literal[1] = 1
    backbone: str
    """A name of `skinedge.list_backbones()`."""
    fusion: str = "product"
    """A name of `skinedge.list_fusions()`."""
    side_px: int = Field(default=224, gt=0, le=2048, multiple_of=32)
    """Side of the square that the backbone takes: half the side of the program's photo."""
    pixel_mean: RGB = (0.485, 0.456, 0.406)
    """Mean of pixels in [0, 1] that the backbone was pretrained with, by channel."""
    pixel_std: RGB = (0.229, 0.224, 0.225)
    """Standard deviation of the same."""
    clinical_widths: tuple[int, ...] = Field(default=(64, 128, 256, 512), min_length=1)
    """Fully connected layers of the clinical network. The last is also the width of the adapted feature map."""
    imputer_width: int = Field(default=64, gt=0)
    classifier_width: int = Field(default=256, gt=0)
    answers_head_width: int = Field(default=64, gt=0)
    answers_head_weight: float = Field(default=0.0, ge=0)
    """Weight of the head on the answers alone; 0 for a network without one."""
