"""The choice of blocks for float, on simulators whose errors are made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from skinedge.errors import LoweringError
from skinedge.lowering.quantization.sensitivity import choose_float_blocks
from tests.fakes import contract
from tests.lowering.parity.test_comparison import LIMITS

EXACT = np.random.default_rng(0).normal(0, 2, (40, 4)).astype(np.float32)


class MadeUp:
    """Adds an error to the logits for every block that is in int8."""

    def __init__(self, **errors: float) -> None:
        self.errors = errors
        self.block_weights = Counter({"wide": 10_000, "narrow": 100, "calm": 50})

    def logits(self, samples: list[Any], *, float_blocks: Iterable[str] = (), **_: object) -> np.ndarray:
        rng = np.random.default_rng(1)
        noise = {block: rng.normal(0, 1, EXACT.shape) for block in self.block_weights}
        added = sum(self.errors.get(block, 0) * noise[block] for block in self.block_weights if block not in float_blocks)
        return (EXACT + added).astype(np.float32)[: 20 * len(samples)]

    layers = ()
    """None has a bias to correct."""

    def run(self, *_: object, **__: object) -> None:
        """Nobody looks at what layers give."""


def chosen(simulator: MadeUp) -> tuple[str, ...]:
    return choose_float_blocks(simulator, [()] * 2, contract(), LIMITS).float_blocks  # type: ignore[arg-type, list-item]


def test_nothing_goes_to_float_where_the_limits_are_kept() -> None:
    assert chosen(MadeUp(wide=0.01, narrow=0.01, calm=0.001)) == ()


def test_the_block_goes_to_float_whose_error_is_largest_for_its_size() -> None:
    assert chosen(MadeUp(wide=0.01, narrow=1.5, calm=0.001)) == ("narrow",)
    assert chosen(MadeUp(wide=1.5, narrow=1.5, calm=0.001)) == ("wide", "narrow")


def test_a_network_that_float_does_not_mend_is_refused() -> None:
    class Hopeless(MadeUp):
        def logits(self, samples: list[Any], *, float_blocks: Iterable[str] = (), **_: object) -> np.ndarray:
            exact = set(float_blocks) == set(self.block_weights)
            return (EXACT if exact else -EXACT)[: 20 * len(samples)]

    with pytest.raises(LoweringError, match="no choice of blocks"):
        chosen(Hopeless())
