"""Which numbers a program computes in: decided here for every backend and precision, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from skinedge.errors import ConfigError, LoweringError
from skinedge.lowering.quantization.plan import Quantization, Scheme
from skinedge.runtime.bundle import Precision

if TYPE_CHECKING:
    from skinedge.lowering.backends.registry import Backend

Number = Literal["float32", "float16", "int8"]


class BlockPrecision(NamedTuple):
    """What the weights of a block are stored in, and what its activations are computed in."""

    weights: Number
    activations: Number


FLOAT32 = BlockPrecision("float32", "float32")
FLOAT16 = BlockPrecision("float16", "float16")
INT8 = BlockPrecision("int8", "int8")
INT8_WEIGHTS = BlockPrecision("int8", "float32")
INT8_WEIGHTS_FLOAT16 = BlockPrecision("int8", "float16")


@dataclass(frozen=True)
class ProgramPrecision:
    """What each block of a network computes in. Preprocessing, imputation, the product of the features and the softmax
    are no blocks: they compute in float32 always."""

    name: Precision
    """As a person asks for it."""
    default: BlockPrecision
    """Of every block but `float_blocks`."""
    float_blocks: tuple[str, ...] = ()
    """These compute in float32, by the names of `network_graph.Layer.block`."""
    quantization: Quantization | None = None
    """What the int8 of `default` is made from; None where there is none."""

    def of(self, block: str) -> BlockPrecision:
        """What a block computes in."""
        return FLOAT32 if block in self.float_blocks else self.default

    @property
    def scheme(self) -> Scheme:
        """What becomes int8, where anything does."""
        return "all" if self.default.activations == "int8" else "weights"


IN_FLOAT32 = ProgramPrecision("fp32", FLOAT32)
"""The whole program in float32."""


def decide_precision(backend: Backend, name: Precision, quantization: Quantization | None) -> ProgramPrecision:
    """What each block computes in on a backend, in the precision that a person asked for.

    int8 leaves those blocks in float that calibration chose. What takes int8 worst takes float16 worst, too: so float16
    leaves the same blocks in float32, and those whose quantization error is above the backend's `fp16_error_limit`.

    Args:
        quantization: what the checkpoint was calibrated to, where it was.

    Raises: ConfigError where the backend has no such precision; LoweringError for int8 without a calibration.
    """
    if name not in backend.precisions:
        raise ConfigError(f"no {name} for this target: expected one of {', '.join(backend.precisions)}")
    default = backend.precisions[name]
    if "int8" not in default:
        if quantization is None or default == FLOAT32:
            return ProgramPrecision(name, default)
        return ProgramPrecision(name, default, quantization.plan.blocks_in_float(backend.fp16_error_limit))
    if quantization is None:
        raise LoweringError("int8 needs a calibrated checkpoint: run skinedge calibrate")
    return ProgramPrecision(name, default, quantization.plan.blocks_in_float(math.inf), quantization)
