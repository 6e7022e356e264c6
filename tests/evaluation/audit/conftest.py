"""A drawn data set for all tests of the audit. Tests that change it copy it first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skinedge.datasets.synthetic import write_synthetic
from skinedge.questionnaire import MALIGNANT
from tests.evaluation.audit.planted import ANSWERED, read_rows, rewrite


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("audit") / "drawn", photos=48, side_px=200)


@pytest.fixture(scope="session")
def leaking(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn data set with two questions blank for benign lesions only, and no other blank."""
    folder = Path(shutil.copytree(drawn, tmp_path_factory.mktemp("audit") / "leaking"))
    rows = [
        row
        | {column: value if row[column] in ("", "UNK") else row[column] for column, value in ANSWERED.items()}
        | (dict.fromkeys(("smoke", "drink"), "") if row["diagnostic"] not in MALIGNANT else {})
        for row in read_rows(folder)
    ]
    rewrite(folder, rows)
    return folder


@pytest.fixture
def own(drawn: Path, tmp_path: Path) -> Path:
    """A copy of the drawn data set."""
    return Path(shutil.copytree(drawn, tmp_path / "own"))
