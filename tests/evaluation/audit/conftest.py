"""A synthetic data set for all tests of the audit. Tests that change it copy it first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skinedge.datasets.synthetic import write_synthetic
from skinedge.questionnaire import MALIGNANT
from tests.evaluation.audit.planted import ANSWERED, read_rows, rewrite


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("audit") / "synthetic", photos=48, side_px=200)


@pytest.fixture(scope="session")
def leaking(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic data set with two answers missing for benign lesions only, and no other answer missing."""
    folder = Path(shutil.copytree(synthetic, tmp_path_factory.mktemp("audit") / "leaking"))
    rows = [
        row
        | {column: value if row[column] in ("", "UNK") else row[column] for column, value in ANSWERED.items()}
        | (dict.fromkeys(("smoke", "drink"), "") if row["diagnostic"] not in MALIGNANT else {})
        for row in read_rows(folder)
    ]
    rewrite(folder, rows)
    return folder


@pytest.fixture
def own(synthetic: Path, tmp_path: Path) -> Path:
    """A copy of the synthetic data set."""
    return Path(shutil.copytree(synthetic, tmp_path / "own"))
