"""Fails every test that opens a socket off loopback or asks for a name: `sitecustomize` watches, this tells."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.offline import sitecustomize as guard

REPORTED = pytest.StashKey[int]()
LOG = pytest.StashKey[Path]()
ABOVE = pytest.StashKey[str]()
"""Log of the process that started this one."""


def pytest_configure(config: pytest.Config) -> None:
    """Each process of the suite has a log of its own."""
    config.stash[LOG] = Path(tempfile.mkdtemp(prefix="skinedge-offline-")) / "attempts.log"
    config.stash[REPORTED] = 0
    config.stash[ABOVE] = os.environ.get(guard.LOG_VARIABLE, "")
    guard.install(config.stash[LOG])


@pytest.fixture(autouse=True)
def offline(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was tried since the test before, by fixtures of a whole session too."""
    yield
    if news := _news(request.config):
        pytest.fail(f"a socket off loopback: {'; '.join(news)}", pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was tried while tests were collected, or after the last."""
    news = _news(session.config)
    if news and hasattr(session.config, "workerinput"):  # The process that started it tells, and fails.
        with Path(session.config.stash[ABOVE]).open("a", encoding="utf-8") as log:
            log.writelines(f"{line}\n" for line in news)
    elif news:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\na socket off loopback, outside of any test: {'; '.join(news)}")


def _news(config: pytest.Config) -> list[str]:
    everything, known = guard.attempts(config.stash[LOG]), config.stash[REPORTED]
    config.stash[REPORTED] = len(everything)
    return everything[known:]
