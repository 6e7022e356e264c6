"""Rewrites of an inference module that give the same numbers in a form that a backend takes."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from skinedge.lowering.quantization.network_graph import quantized_submodules
from skinedge.preprocess.clahe import Clahe

ModuleType = TypeVar("ModuleType", bound=nn.Module)


def folded(module: ModuleType) -> ModuleType:
    """A copy whose batch normalisation is folded into the filters of its network, which keep their names.

    Where FX cannot trace what somebody else wrote, it is left: it gives the same numbers, only in more steps.
    """
    from torch.fx.experimental.optimization import fuse
    from torch.fx.proxy import TraceError

    copied = copy.deepcopy(module)
    network: Any = copied.network
    for submodule in quantized_submodules(network):
        with contextlib.suppress(TraceError):
            setattr(network, submodule, fuse(getattr(network, submodule)))
    return copied


def without_scatter(module: ModuleType) -> ModuleType:
    """A copy of a module, in which CLAHE counts levels by a product of matrices, to the same numbers."""
    copied = copy.deepcopy(module)
    for part in copied.modules():
        if isinstance(part, Clahe):
            part.by_product = True
    return copied


def halved(module: ModuleType, float_blocks: tuple[str, ...] = ()) -> ModuleType:
    """A copy whose network computes in float16, but for the convolutions of `float_blocks`; all else stays in float32.

    Batch normalisation is folded into the convolutions first, in float32.
    """
    copied = folded(module)
    network: Any = copied.network
    kept = tuple(f"{block}." for block in float_blocks)
    for name in quantized_submodules(network):
        submodule = getattr(network, name)
        exact = {
            path: copy.deepcopy(layer)
            for path, layer in submodule.named_modules()
            if isinstance(layer, nn.Conv2d) and f"{name}.{path}".startswith(kept)
        }
        submodule.half()
        for path, layer in exact.items():
            submodule.set_submodule(path, _Inside(layer, torch.float32))
        setattr(network, name, _Inside(submodule, torch.float16))
    return copied


class _Inside(nn.Module):
    """A module that computes in one type of float between tensors of another."""

    def __init__(self, module: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.module, self.dtype = module, dtype

    def forward(self, *given: Tensor) -> Any:
        out, dtype = self.module(*(each.to(self.dtype) for each in given)), given[0].dtype
        return tuple(each.to(dtype) for each in out) if isinstance(out, tuple) else out.to(dtype)
