"""Operations on each element by itself, after their definitions in coremltools' `mil/ops/defs`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_CAST = {
    "bool": torch.bool,
    "fp16": torch.float32,  # rounded afterwards, see `values.Port.rounded`
    "fp32": torch.float32,
    "int32": torch.int32,
}
_INTEGERS = {"int8": torch.int8, "uint8": torch.uint8}


def cast(x: Tensor, dtype: str) -> Tensor:
    """Another type; fractions are cut off towards zero."""
    return x.to(_CAST[dtype])


def inverse(x: Tensor, epsilon: Tensor) -> Tensor:
    """1 / (x + epsilon): not 1 / x, and the converter's epsilon is 1e-4."""
    return 1 / (x + epsilon)


def quantize(
    *, input: Tensor, scale: Tensor, output_dtype: str, zero_point: Tensor | None = None, axis: Tensor | None = None
) -> Tensor:
    """clip(round(input / scale) + zero_point) in int8 or uint8."""
    kept = _INTEGERS[output_dtype]
    limits = torch.iinfo(kept)
    levels = (input / _along(scale, input, axis)).round()
    if zero_point is not None:
        levels = levels + _along(zero_point, input, axis)
    return levels.clamp(limits.min, limits.max).to(kept)


def dequantize(*, input: Tensor, scale: Tensor, zero_point: Tensor | None = None, axis: Tensor | None = None) -> Tensor:
    """scale * (input - zero_point)."""
    levels = input.float()
    if zero_point is not None:
        levels = levels - _along(zero_point, input, axis)
    return _along(scale, input, axis) * levels


def constexpr_affine_dequantize(*, quantized_data: Tensor, zero_point: Tensor, scale: Tensor, axis: Tensor) -> Tensor:
    """scale * (quantized_data - zero_point), for weights, when the program is loaded."""
    return dequantize(input=quantized_data, scale=scale, zero_point=zero_point, axis=axis)


def _along(parameter: Tensor, data: Tensor, axis: Tensor | None) -> Tensor:
    """A scalar as it is; a vector so that it goes along an axis of the data."""
    if parameter.ndim == 0:
        return parameter.float()
    assert axis is not None, "a vector of scales has an axis"
    shape = [1] * data.ndim
    shape[int(axis)] = -1
    return parameter.float().reshape(shape)


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "real_div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "equal": lambda x, y: x == y,
    "less": lambda x, y: x < y,
    "greater_equal": lambda x, y: x >= y,
    "logical_and": lambda x, y: x & y,
    "select": lambda cond, a, b: a.where(cond, b),
    "clip": lambda x, alpha, beta: x.clamp(alpha, beta),
    "floor": lambda x: x.floor(),
    "round": lambda x: x.round(),  # halves to the even number, as numpy does in the converter
    "sqrt": lambda x: x.sqrt(),
    "log": lambda x, epsilon: (x + epsilon).log(),
    "relu": lambda x: x.clamp_min(0),
    "sigmoid": lambda x: x.sigmoid(),
    "silu": lambda x: x * x.sigmoid(),
    "tanh": lambda x: x.tanh(),
    "identity": lambda x: x,
    "cast": cast,
    "inverse": inverse,
    "quantize": quantize,
    "dequantize": dequantize,
    "constexpr_affine_dequantize": constexpr_affine_dequantize,
}
