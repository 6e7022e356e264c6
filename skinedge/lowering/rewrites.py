"""Rewrites of an inference module that give the same numbers in a form that a backend takes."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from torch import nn

from skinedge.lowering.quantization.observers import QUANTIZED_SUBMODULES
from skinedge.preprocess.clahe import Clahe

ModuleType = TypeVar("ModuleType", bound=nn.Module)


def folded(module: ModuleType) -> ModuleType:
    """A copy whose batch normalisation is folded into the filters of its network, which keep their names."""
    from torch.fx.experimental.optimization import fuse

    copied = copy.deepcopy(module)
    network: Any = copied.network
    for part in QUANTIZED_SUBMODULES:
        setattr(network, part, fuse(getattr(network, part)))
    return copied


def without_scatter(module: ModuleType) -> ModuleType:
    """A copy of a module, in which CLAHE counts levels by a product of matrices, to the same numbers."""
    copied = copy.deepcopy(module)
    for part in copied.modules():
        if isinstance(part, Clahe):
            part.by_product = True
    return copied
