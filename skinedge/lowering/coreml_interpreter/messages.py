"""The messages of Core ML files, from coremltools."""

from __future__ import annotations

from types import ModuleType

from skinedge.runtime.silence import quiet_loading


def messages() -> tuple[ModuleType, ModuleType]:
    """The modules `MIL_pb2` and `Model_pb2`, on the command line without coremltools' remarks on what else is installed.

    Importing coremltools takes seconds: call this where it is needed, not before.
    """
    with quiet_loading():
        from coremltools.proto import MIL_pb2, Model_pb2

    return MIL_pb2, Model_pb2
