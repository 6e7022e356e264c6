"""coremltools' messages of Core ML files."""

from __future__ import annotations

import logging
from types import ModuleType


def messages() -> tuple[ModuleType, ModuleType]:
    """The modules `MIL_pb2` and `Model_pb2`, without coremltools' remarks on what else is installed.

    Importing coremltools takes seconds: call this where it is needed, not before.
    """
    for name in ("coremltools", "torch.utils._pytree"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from coremltools.proto import MIL_pb2, Model_pb2

    return MIL_pb2, Model_pb2
