"""Constants and types of a Core ML program, as torch tensors and plain strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skinedge.errors import LoweringError
from skinedge.lowering.coreml_interpreter.messages import messages
from skinedge.lowering.coreml_interpreter.weights import Weights

Value = Tensor | str
"""What an operation takes: a tensor, or the name of a mode or type."""

# Numbers of float16 are kept in float32 and rounded after each operation: torch's own float16 arithmetic on a CPU sums up
# in a precision of its own choice.
_KEPT = {
    "BOOL": torch.bool,
    "FLOAT16": torch.float32,
    "FLOAT32": torch.float32,
    "INT8": torch.int8,
    "UINT8": torch.uint8,
    "INT16": torch.int16,
    "INT32": torch.int32,
}
_STORED = {name: name.lower() for name in _KEPT}


@dataclass(frozen=True)
class Port:
    """Name, type and shape of an input or of what an operation gives."""

    name: str
    dtype: str
    """As MIL spells it: `FLOAT16`, `INT32`."""
    shape: tuple[int, ...]

    def rounded(self, value: Tensor) -> Tensor:
        """The value as a tensor of this port's type holds it.

        Raises: LoweringError where type or shape are not the declared ones.
        """
        if value.dtype != _KEPT[self.dtype] or tuple(value.shape) != self.shape:
            raise LoweringError(
                f"{self.name}: got {value.dtype} {tuple(value.shape)}, the program declares {self.dtype} {self.shape}"
            )
        return value.half().float() if self.dtype == "FLOAT16" else value


def read_port(named: Any) -> Port:
    """A port from a `NamedValueType`. Raises: LoweringError for anything but a tensor of fixed shape and known type."""
    mil, _ = messages()
    tensor = named.type.tensorType
    dtype = mil.DataType.Name(tensor.dataType)
    fixed = all(dimension.WhichOneof("dimension") == "constant" for dimension in tensor.dimensions)
    if named.type.WhichOneof("type") != "tensorType" or dtype not in _KEPT or not fixed:
        raise LoweringError(f"{named.name} is no tensor of fixed shape and known type ({dtype})")
    return Port(named.name, dtype, tuple(dimension.constant.size for dimension in tensor.dimensions))


def read_value(value: Any, weights: Weights) -> Value:
    """A constant from a `Value` message, which holds its numbers or says where in the weight file they are.

    Raises: LoweringError where it cannot be understood.
    """
    mil, _ = messages()
    tensor = value.type.tensorType
    dtype, shape = mil.DataType.Name(tensor.dataType), [dimension.constant.size for dimension in tensor.dimensions]
    if dtype == "STRING":
        (text,) = value.immediateValue.tensor.strings.values
        return str(text)
    if dtype not in _STORED:
        raise LoweringError(f"the reference evaluator cannot read constants of type {dtype}")
    if value.WhichOneof("value") == "blobFileValue":
        numbers = weights.blob(value.blobFileValue.offset)
    else:
        numbers = _immediate(value.immediateValue.tensor, _STORED[dtype])
    if numbers.dtype != _STORED[dtype] or numbers.size != np.prod(shape, dtype=int):
        raise LoweringError(f"a constant holds {numbers.size} {numbers.dtype}, expected {dtype} of shape {shape}")
    return torch.from_numpy(numbers.reshape(shape).copy()).to(_KEPT[dtype])


def _immediate(tensor: Any, dtype: str) -> Any:
    """Numbers that the program itself holds; small types come as bytes, the rest as lists."""
    kind = tensor.WhichOneof("value")
    if kind == "bytes":
        return np.frombuffer(tensor.bytes.values, dtype)
    return np.array(getattr(tensor, kind).values, dtype)
