"""Operations that move elements and change shapes, after their definitions in coremltools' `mil/ops/defs`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from skinedge.errors import LoweringError


def only(allowed: bool, what: str) -> None:
    """Raises: LoweringError for a variant of an operation that no program of ours had until now."""
    if not allowed:
        raise LoweringError(f"the reference evaluator does not know {what}: add it to lowering/coreml_interpreter")


def reshape(x: Tensor, shape: Tensor) -> Tensor:
    """-1 stands for what is left, 0 for the size that `x` has there."""
    return x.reshape([size or x.shape[place] for place, size in enumerate(shape.tolist())])


def expand_dims(x: Tensor, axes: Tensor) -> Tensor:
    """New axes of size one, at these places of the result."""
    rank = x.ndim + axes.numel()
    for axis in sorted(axis % rank for axis in axes.tolist()):
        x = x.unsqueeze(axis)
    return x


def slice_by_index(
    *,
    x: Tensor,
    begin: Tensor,
    end: Tensor,
    stride: Tensor | None = None,
    begin_mask: Tensor | None = None,
    end_mask: Tensor | None = None,
    squeeze_mask: Tensor | None = None,
) -> Tensor:
    """x[begin : end : stride] on every axis. A mask leaves out the begin or end, or takes `begin` alone."""
    index: list[slice | int] = []
    for axis in range(x.ndim):
        first: int | None = int(begin[axis])
        last: int | None = int(end[axis])
        if squeeze_mask is not None and bool(squeeze_mask[axis]):
            index.append(int(begin[axis]))
            continue
        if begin_mask is not None and bool(begin_mask[axis]):
            first = None
        if end_mask is not None and bool(end_mask[axis]):
            last = None
        index.append(slice(first, last, 1 if stride is None else int(stride[axis])))
    return x[tuple(index)]


def concat(values: list[Tensor], axis: Tensor, interleave: Tensor | None = None) -> Tensor:
    """One after the other along an axis."""
    only(interleave is None or not bool(interleave), "concat that interleaves")
    return torch.cat(values, dim=int(axis))


def split(
    x: Tensor, axis: Tensor, num_splits: Tensor | None = None, split_sizes: Tensor | None = None
) -> tuple[Tensor, ...]:
    """Parts of the sizes given, or as many equal ones."""
    if split_sizes is not None:
        return torch.split(x, split_sizes.tolist(), dim=int(axis))
    assert num_splits is not None, "split has sizes or a number"
    return torch.split(x, x.shape[int(axis)] // int(num_splits), dim=int(axis))


def gather(
    x: Tensor, indices: Tensor, axis: Tensor, batch_dims: Tensor | None = None, validate_indices: Tensor | None = None
) -> Tensor:
    """Slices of `x` along an axis; the indices' shape takes the place of that axis."""
    only(batch_dims is None or not int(batch_dims), "gather with batch dimensions")
    place = int(axis) % x.ndim
    flat = x.index_select(place, _counted(indices, x.shape[place]).flatten())
    return flat.reshape(*x.shape[:place], *indices.shape, *x.shape[place + 1 :])


def gather_along_axis(x: Tensor, indices: Tensor, axis: Tensor, validate_indices: Tensor | None = None) -> Tensor:
    """One value of `x` for every index, from the same place on all other axes."""
    return x.gather(int(axis), _counted(indices, x.shape[int(axis)]))


def scatter_along_axis(
    *, data: Tensor, indices: Tensor, updates: Tensor, axis: Tensor, mode: str, validate_indices: Tensor | None = None
) -> Tensor:
    """`data` with the updates added at their indices."""
    only(mode == "add", f"scatter_along_axis of mode {mode!r}")
    return data.scatter_add(int(axis), _counted(indices, data.shape[int(axis)]), updates)


def pad(x: Tensor, pad: Tensor, mode: str = "constant", constant_val: Tensor | None = None) -> Tensor:
    """A constant around the last axes: `pad` counts before and after, the first of these axes first."""
    only(mode == "constant", f"pad of mode {mode!r}")
    return F.pad(x, from_last(pad.tolist()), value=float(constant_val or 0))


def from_last(pad: list[int]) -> list[int]:
    """MIL's padding in torch's order: torch begins with the last axis."""
    return [count for pair in reversed(list(zip(pad[::2], pad[1::2], strict=True))) for count in pair]


def _counted(indices: Tensor, size: int) -> Tensor:
    """Indices from zero on: negative ones count from the end. torch refuses those out of range."""
    whole = indices.long()
    return torch.where(whole < 0, whole + size, whole)


SHAPES: dict[str, Callable[..., Any]] = {
    "concat": concat,
    "expand_dims": expand_dims,
    "gather": gather,
    "gather_along_axis": gather_along_axis,
    "pad": pad,
    "reshape": reshape,
    "scatter_along_axis": scatter_along_axis,
    "slice_by_index": slice_by_index,
    "split": split,
    "squeeze": lambda x, axes: x.squeeze(axes.tolist()),
    "transpose": lambda x, perm: x.permute(perm.tolist()),
}
