"""Keeps the output of native libraries while they load off the terminal, where the owner of the process wants that.

They write to file descriptor 2, which every thread of a process shares. So a library call leaves it alone: the command line,
whose process it is, switches this on with `hiding`.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

_MAXIMUM_BYTES = 100_000
_hidden = False


@contextmanager
def hiding() -> Iterator[None]:
    """Lets `quiet_loading` hide output in the block. For the owner of the process alone."""
    global _hidden  # noqa: PLW0603  a setting of the process, as logging's are
    before, _hidden = _hidden, True
    try:
        yield
    finally:
        _hidden = before


@contextmanager
def quiet_loading(printed: list[str] | None = None) -> Iterator[None]:
    """Hides output in the block and appends the part on stderr to `printed`; outside of `hiding`, does nothing.

    Some libraries write to the file itself, others through Python's `sys.stderr`, which in a notebook is another.
    """
    if not _hidden:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as elsewhere, io.StringIO() as text, redirect_stdout(io.StringIO()):
        try:
            os.dup2(elsewhere.fileno(), 2)
            with redirect_stderr(text):
                yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if printed is not None:
                elsewhere.seek(0)
                printed += [text.getvalue(), elsewhere.read(_MAXIMUM_BYTES).decode(errors="replace")]
