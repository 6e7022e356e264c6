"""coremltools' messages of Core ML files, imported without its remarks on what else is installed."""

from __future__ import annotations

import logging

for _name in ("coremltools", "torch.utils._pytree"):
    logging.getLogger(_name).setLevel(logging.ERROR)

from coremltools.proto import MIL_pb2, Model_pb2  # noqa: E402

__all__ = ["MIL_pb2", "Model_pb2"]
