"""Keeps what native libraries say while they load off the terminal."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

_MAXIMUM_BYTES = 100_000


@contextmanager
def hidden_stderr(said: list[str] | None = None) -> Iterator[None]:
    """Hides what is written to stderr and adds it to `said`; nothing of it is for the user.

    Some libraries write to the file itself, others through Python's `sys.stderr`, which in a notebook is another.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as elsewhere, io.StringIO() as text:
        try:
            os.dup2(elsewhere.fileno(), 2)
            with redirect_stderr(text):
                yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if said is not None:
                elsewhere.seek(0)
                said += [text.getvalue(), elsewhere.read(_MAXIMUM_BYTES).decode(errors="replace")]
