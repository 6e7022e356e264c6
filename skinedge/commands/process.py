"""What the command line sets for its own process. No library call does any of it."""

from __future__ import annotations

import contextlib
import ctypes
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from skinedge.errors import ConfigError
from skinedge.runtime import silence


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keeps what libraries warn of, log and print while they load off the terminal; nothing of it is for a user.

    Warnings that are asked for by `python -W` or PYTHONWARNINGS are shown.
    """
    _print_what_can_be_shown()
    disabled = logging.root.manager.disable
    with warnings.catch_warnings(), silence.hiding():
        # Last of the filters, so that it only takes the place of showing what nobody has an opinion on.
        warnings.simplefilter("ignore", append=True)
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(disabled)


def hold_standard_streams() -> None:
    """Opens what the shell has closed, where nothing is lost by it: a file that takes its number would get our messages.

    Raises: ConfigError where standard output is closed, as nobody would see the answer.
    """
    closed = sys.stdout is None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  for as long as we live
    if closed:
        raise ConfigError("standard output is closed, and nobody would see the answer: give >/dev/null if nobody wants it")


def flush_output() -> None:
    """Writes what was printed, while a full disk can still be told: at its end Python would only grumble.

    Raises: OSError; SystemExit without a word where the reader has gone, as other programs do.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        # Else Python tries again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise SystemExit(1) from None
        raise


def give_back_free_memory() -> None:
    """Returns memory that loading a model needed once, some 20 MB, to the system: a cheap laptop has little."""
    # Where there is no glibc, nothing has to be done.
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _print_what_can_be_shown() -> None:
    # A terminal or a file that lacks a letter (Windows' cp1252) shows a question mark, and the rest all the same.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
