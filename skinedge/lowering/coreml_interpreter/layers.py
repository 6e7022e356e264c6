"""Operations that add up many elements, after their definitions in coremltools' `mil/ops/defs`.

The definitions say nothing of the order and precision of a sum: here it is torch's, in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from skinedge.lowering.coreml_interpreter.shapes import from_last, only


def conv(
    *,
    x: Tensor,
    weight: Tensor,
    strides: Tensor,
    pad_type: str,
    pad: Tensor,
    dilations: Tensor,
    groups: Tensor,
    bias: Tensor | None = None,
) -> Tensor:
    """Convolution over two spatial axes."""
    only(x.ndim == 4, f"conv of rank {x.ndim}")
    return F.conv2d(
        _padded(x, pad_type, pad), weight, bias, strides.tolist(), dilation=dilations.tolist(), groups=int(groups)
    )


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x * transposed weight + bias."""
    return F.linear(x, weight, bias)


def matmul(x: Tensor, y: Tensor, transpose_x: Tensor, transpose_y: Tensor) -> Tensor:
    """Matrix product of the last two axes."""
    only(x.ndim > 1 and y.ndim > 1, "matmul of vectors")
    return (x.mT if bool(transpose_x) else x) @ (y.mT if bool(transpose_y) else y)


def avg_pool(
    *,
    x: Tensor,
    kernel_sizes: Tensor,
    strides: Tensor,
    pad_type: str,
    pad: Tensor,
    exclude_padding_from_average: Tensor,
    ceil_mode: Tensor,
) -> Tensor:
    """The mean of each window."""
    only(not bool(ceil_mode), "avg_pool with ceil_mode")
    only(not bool(exclude_padding_from_average) or not any(pad.tolist()), "avg_pool that leaves out the padding")
    return F.avg_pool2d(_padded(x, pad_type, pad), kernel_sizes.tolist(), strides.tolist())


def max_pool(*, x: Tensor, kernel_sizes: Tensor, strides: Tensor, pad_type: str, pad: Tensor, ceil_mode: Tensor) -> Tensor:
    """The largest of each window; what is padded never is."""
    only(not bool(ceil_mode), "max_pool with ceil_mode")
    return F.max_pool2d(_padded(x, pad_type, pad, value=-torch.inf), kernel_sizes.tolist(), strides.tolist())


def batch_norm(
    *, x: Tensor, mean: Tensor, variance: Tensor, epsilon: Tensor, gamma: Tensor | None = None, beta: Tensor | None = None
) -> Tensor:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, along the second axis."""
    shape = [1, -1] + [1] * (x.ndim - 2)
    scale = (1 if gamma is None else gamma) / (variance + epsilon).sqrt()
    shift = 0 if beta is None else beta.reshape(shape)
    return (x - mean.reshape(shape)) * scale.reshape(shape) + shift


def cumsum(x: Tensor, axis: Tensor, exclusive: Tensor, reverse: Tensor) -> Tensor:
    """The running sum along an axis."""
    only(not bool(exclusive) and not bool(reverse), "cumsum that is exclusive or reversed")
    return x.cumsum(int(axis))


def _padded(x: Tensor, pad_type: str, pad: Tensor, value: float = 0.0) -> Tensor:
    """`x` with its spatial axes padded; `valid` has no padding, whatever `pad` says."""
    only(pad_type in {"valid", "custom"}, f"padding of type {pad_type!r}")
    return F.pad(x, from_last(pad.tolist()), value=value) if pad_type == "custom" and any(pad.tolist()) else x


LAYERS: dict[str, Callable[..., Any]] = {
    "avg_pool": avg_pool,
    "batch_norm": batch_norm,
    "conv": conv,
    "cumsum": cumsum,
    "linear": linear,
    "matmul": matmul,
    "max_pool": max_pool,
    "reduce_mean": lambda x, axes, keep_dims: x.mean(dim=axes.tolist(), keepdim=bool(keep_dims)),
    "reduce_sum": lambda x, axes, keep_dims: x.sum(dim=axes.tolist(), keepdim=bool(keep_dims)),
    "softmax": lambda x, axis: x.softmax(dim=int(axis)),
}
