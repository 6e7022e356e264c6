"""Chromium without a window, with a camera that shows a test picture. Skipped where it is not installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.drivers.serving import serving
from skinedge.datasets.synthetic import write_synthetic

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[browser]'")
    pytest.importorskip("axe_playwright_python", reason="axe is not installed: pip install '.[browser]'")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here: apt-get install chromium")
    from benchmarks.drivers.walk import FLAGS

    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a station with the model of this install."""
    with serving(tmp_path_factory.mktemp("station") / "records", "--site", "Posto Norte") as (address, _):
        yield address


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic lesion, as a phone would photograph it."""
    folder = write_synthetic(tmp_path_factory.mktemp("synthetic"), photos=6, side_px=1200)
    return sorted((folder / "images").iterdir())[0]
