"""Operations of Core ML against cases worked out by hand, and against coremltools' own idea of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from skinedge.errors import LoweringError
from skinedge.lowering.coreml_interpreter.messages import messages
from skinedge.lowering.coreml_interpreter.program import OPERATIONS, compute


def floats(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


def ints(*values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.int32)


NO, YES = torch.tensor(False), torch.tensor(True)
GRID = torch.arange(16, dtype=torch.float32).reshape(1, 1, 4, 4)
"""Rows 0 1 2 3, 4 5 6 7, 8 9 10 11, 12 13 14 15."""
WINDOW = {
    "kernel_sizes": ints(2, 2),
    "strides": ints(2, 2),
    "pad_type": "custom",
    "pad": ints(0, 0, 0, 0),
    "ceil_mode": NO,
}
CONV = {
    "strides": ints(1, 1),
    "pad_type": "valid",
    "pad": ints(0, 0, 0, 0),
    "dilations": ints(1, 1),
    "groups": torch.tensor(1),
}

CASES: list[tuple[str, dict[str, Any], Any]] = [
    # each element by itself
    ("add", {"x": ints(1, 2), "y": ints([10], [20])}, ints([11, 12], [21, 22])),
    ("sub", {"x": floats(1, 2), "y": floats(3, 1)}, floats(-2, 1)),
    ("mul", {"x": floats(1, 2), "y": floats(3, -1)}, floats(3, -2)),
    ("real_div", {"x": floats(1, -3), "y": floats(4, 2)}, floats(0.25, -1.5)),
    ("pow", {"x": floats(64.0), "y": torch.tensor(0.5)}, floats(8)),
    ("equal", {"x": floats(1, 2), "y": floats(1, 3)}, torch.tensor([True, False])),
    ("less", {"x": floats(1, 2), "y": floats(1, 3)}, torch.tensor([False, True])),
    ("greater_equal", {"x": floats(1, 2), "y": floats(1, 3)}, torch.tensor([True, False])),
    ("logical_and", {"x": torch.tensor([True, True]), "y": torch.tensor([True, False])}, torch.tensor([True, False])),
    ("select", {"cond": torch.tensor([True, False]), "a": floats(1, 2), "b": floats(3, 4)}, floats(1, 4)),
    ("clip", {"x": floats(-1, 0.5, 7), "alpha": torch.tensor(0.0), "beta": torch.tensor(6.0)}, floats(0, 0.5, 6)),
    ("floor", {"x": floats(-0.5, 1.9)}, floats(-1, 1)),
    ("round", {"x": floats(0.5, 1.5, 2.5, -0.5, 2.51)}, floats(0, 2, 2, 0, 3)),
    ("sqrt", {"x": floats(9)}, floats(3)),
    ("log", {"x": floats(1.5), "epsilon": torch.tensor(0.5)}, floats(np.log(2))),
    ("inverse", {"x": floats(1.5), "epsilon": torch.tensor(0.5)}, floats(0.5)),
    ("relu", {"x": floats(-1, 2)}, floats(0, 2)),
    ("sigmoid", {"x": floats(0, np.log(3))}, floats(0.5, 0.75)),
    ("silu", {"x": floats(0, np.log(3))}, floats(0, 0.75 * np.log(3))),
    ("tanh", {"x": floats(np.log(3) / 2)}, floats(0.5)),
    ("identity", {"x": floats(1)}, floats(1)),
    ("cast", {"x": floats(-1.9, 1.9), "dtype": "int32"}, ints(-1, 1)),
    ("cast", {"x": torch.tensor([True, False]), "dtype": "fp32"}, floats(1, 0)),
    (
        "quantize",
        {"input": floats(1.25, -500, 500), "scale": torch.tensor(0.5), "zero_point": ints(3)[0], "output_dtype": "int8"},
        torch.tensor([5, -128, 127], dtype=torch.int8),
    ),
    (
        "dequantize",
        {"input": torch.tensor([5, -128], dtype=torch.int8), "scale": torch.tensor(0.5), "zero_point": ints(3)[0]},
        floats(1, -65.5),
    ),
    (
        "constexpr_affine_dequantize",
        {
            "quantized_data": torch.tensor([[2, 4], [-6, 8]], dtype=torch.int8),
            "zero_point": torch.tensor([0, 2], dtype=torch.int8),
            "scale": floats(0.5, 2),
            "axis": torch.tensor(0),
        },
        floats([1, 2], [-16, 12]),
    ),
    # moving elements
    ("reshape", {"x": GRID, "shape": ints(0, 2, 2, -1)}, GRID.reshape(1, 2, 2, 4)),
    ("expand_dims", {"x": floats(1, 2), "axes": ints(0, -1)}, floats([[1], [2]])),
    ("squeeze", {"x": floats([[1], [2]]), "axes": ints(0, 2)}, floats(1, 2)),
    ("transpose", {"x": floats([1, 2], [3, 4]), "perm": ints(1, 0)}, floats([1, 3], [2, 4])),
    ("concat", {"values": [floats([1, 2]), floats([3])], "axis": torch.tensor(1)}, floats([1, 2, 3])),
    (
        "slice_by_index",
        {
            "x": GRID[0, 0],
            "begin": ints(1, 0),
            "end": ints(3, 0),
            "stride": ints(1, 2),
            "end_mask": torch.tensor([False, True]),
        },
        floats([4, 6], [8, 10]),
    ),
    (
        "slice_by_index",
        {"x": GRID[0, 0], "begin": ints(2, 3), "end": ints(0, 4), "squeeze_mask": torch.tensor([True, False])},
        floats(11),
    ),
    ("gather", {"x": floats([1, 2, 3]), "indices": ints(2, 0, -1), "axis": torch.tensor(1)}, floats([3, 1, 3])),
    (
        "gather_along_axis",
        {"x": floats([1, 2], [3, 4]), "indices": ints([1, 1, 0], [0, -1, 0]), "axis": torch.tensor(1)},
        floats([2, 2, 1], [3, 4, 3]),
    ),
    (
        "scatter_along_axis",
        {
            "data": floats([1, 0, 0]),
            "indices": ints([2, 0, 2]),
            "updates": floats([1, 1, 5]),
            "axis": torch.tensor(1),
            "mode": "add",
        },
        floats([2, 0, 6]),
    ),
    (
        "pad",
        {"x": floats([1, 2]), "pad": ints(0, 1, 2, 0), "mode": "constant", "constant_val": torch.tensor(9.0)},
        floats([9, 9, 1, 2], [9, 9, 9, 9]),
    ),
    # adding up
    (
        "linear",
        {"x": floats([1, 2]), "weight": floats([1, 1], [0, -1], [3, 0]), "bias": floats(0, 0, 1)},
        floats([3, -2, 4]),
    ),
    (
        "matmul",
        {"x": floats([1, 2]), "y": floats([1, 1], [0, -1]), "transpose_x": NO, "transpose_y": YES},
        floats([3, -2]),
    ),
    (
        "conv",
        {"x": GRID, "weight": torch.ones(1, 1, 3, 3), "bias": floats(0.5), **CONV},
        floats([[[45.5, 54.5], [81.5, 90.5]]]),
    ),
    (
        "conv",  # strides, and rows padded before only: windows around 0, 2 and rows -1..1, 1..3
        {
            "x": GRID,
            "weight": torch.ones(1, 1, 3, 1),
            **CONV,
            "strides": ints(2, 2),
            "pad_type": "custom",
            "pad": ints(1, 0, 0, 0),
        },
        floats([[[4, 8], [24, 30]]]),
    ),
    (
        "conv",  # one kernel a channel
        {"x": floats([[[1]], [[2]]]), "weight": floats([[[3]]], [[[5]]]), **CONV, "groups": torch.tensor(2)},
        floats([[[3]], [[10]]]),
    ),
    ("avg_pool", {"x": GRID, "exclude_padding_from_average": NO, **WINDOW}, floats([[[2.5, 4.5], [10.5, 12.5]]])),
    ("max_pool", {"x": -GRID, **WINDOW, "pad": ints(1, 1, 1, 1)}, floats([[[0, -1, -3], [-4, -5, -7], [-12, -13, -15]]])),
    (
        "batch_norm",
        {
            "x": floats([[1, 2], [3, 4]]),
            "mean": floats(1, 3),
            "variance": floats(3, 0),
            "epsilon": torch.tensor(1.0),
            "gamma": floats(4, 1),
            "beta": floats(0, -1),
        },
        floats([[0, 2], [-1, 0]]),
    ),
    ("cumsum", {"x": floats([1, 2, 3]), "axis": torch.tensor(1), "exclusive": NO, "reverse": NO}, floats([1, 3, 6])),
    ("reduce_mean", {"x": GRID, "axes": ints(2), "keep_dims": YES}, floats([[[6, 7, 8, 9]]])),
    ("reduce_sum", {"x": GRID, "axes": ints(2, 3), "keep_dims": NO}, floats([120])),
    ("softmax", {"x": floats([0, np.log(3)]), "axis": torch.tensor(-1)}, floats([0.25, 0.75])),
]


@pytest.mark.parametrize(("kind", "given", "expected"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_an_operation_gives_what_it_should(kind: str, given: dict[str, Any], expected: Tensor) -> None:
    (found,) = compute(kind, given)
    assert found.dtype == expected.dtype
    torch.testing.assert_close(found, expected)


def test_split_gives_several() -> None:
    x = floats([1, 2, 3, 4])
    halves = compute("split", {"x": x, "axis": torch.tensor(1), "num_splits": torch.tensor(2)})
    assert [half.tolist() for half in halves] == [[[1, 2]], [[3, 4]]]
    parts = compute("split", {"x": x, "axis": torch.tensor(1), "split_sizes": ints(1, 3)})
    assert [part.tolist() for part in parts] == [[[1]], [[2, 3, 4]]]


def test_every_operation_has_a_case() -> None:
    assert {kind for kind, *_ in CASES} | {"split"} == set(OPERATIONS)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("conv", {"pad_type": "same"}),
        ("avg_pool", {"ceil_mode": YES}),
        ("cumsum", {"reverse": YES}),
        ("scatter_along_axis", {"mode": "update"}),
        ("pad", {"mode": "reflect"}),
        ("concat", {"interleave": YES}),
    ],
)
def test_a_variant_that_is_not_known_is_named(kind: str, change: dict[str, Any]) -> None:
    given = next(given for name, given, _ in CASES if name == kind)
    with pytest.raises(LoweringError, match="does not know"):
        compute(kind, given | change)


def test_an_index_out_of_range_is_no_silent_answer() -> None:
    with pytest.raises((IndexError, RuntimeError)):
        compute("gather_along_axis", {"x": floats([1, 2]), "indices": ints([2]), "axis": torch.tensor(1)})


def test_an_unknown_operation_is_named() -> None:
    with pytest.raises(LoweringError, match="'erf'"):
        compute("erf", {"x": floats(1)})


# Operations that coremltools folds when all their inputs are constants, with numpy: another idea of the definitions.
FOLDED = [
    *("add", "sub", "mul", "real_div", "equal", "less", "greater_equal", "clip", "floor", "round", "sqrt", "log", "inverse"),
    *("relu", "sigmoid", "cast", "reshape", "expand_dims", "concat", "slice_by_index", "gather", "gather_along_axis"),
    *("linear", "matmul", "cumsum", "reduce_mean", "reduce_sum", "softmax", "squeeze", "select", "pow", "tanh"),
]


@pytest.mark.parametrize("kind", FOLDED)
def test_coremltools_thinks_the_same(kind: str) -> None:
    messages()  # imports coremltools without a word
    from coremltools.converters.mil import Builder as mb  # noqa: N813
    from coremltools.converters.mil.mil import Function

    given = next(given for name, given, _ in CASES if name == kind)
    with Function({}):
        folded = getattr(mb, kind)(**{name: _array(value) for name, value in given.items()}).val
    (found,) = compute(kind, given)
    np.testing.assert_allclose(found.numpy(), folded, rtol=1e-6, atol=1e-7)


def _array(value: Any) -> Any:
    if isinstance(value, list):
        return [_array(one) for one in value]
    if not isinstance(value, Tensor):
        return value
    array = value.numpy()
    return array.item() if array.ndim == 0 else array
