"""coremltools without its talk: the messages of Core ML files, and conversions that print nothing."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from types import ModuleType


def messages() -> tuple[ModuleType, ModuleType]:
    """The modules `MIL_pb2` and `Model_pb2`, without coremltools' remarks on what else is installed.

    Importing coremltools takes seconds: call this where it is needed, not before.
    """
    for name in ("coremltools", "torch.utils._pytree"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from coremltools.proto import MIL_pb2, Model_pb2

    return MIL_pb2, Model_pb2


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hides progress bars and remarks of coremltools: nothing of it is for the user."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        messages()
        yield
