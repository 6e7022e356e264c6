"""The messages of Core ML files, and coremltools without its talk on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from skinedge.runtime.silence import quiet_loading


def messages() -> tuple[ModuleType, ModuleType]:
    """The modules `MIL_pb2` and `Model_pb2`. Importing coremltools takes seconds: call this where it is needed."""
    from coremltools.proto import MIL_pb2, Model_pb2

    return MIL_pb2, Model_pb2


@contextmanager
def quiet() -> Iterator[None]:
    """Hides progress bars of coremltools from whoever uses the command line."""
    with quiet_loading():
        messages()
        yield
