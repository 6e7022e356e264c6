"""`skinedge audit` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skinedge.datasets.synthetic import write_synthetic
from skinedge.runtime.bundle import default_bundle_path
from tests.conftest import Command


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("synthetic") / "data", photos=36, side_px=160)


def test_it_audits_data_and_model_as_json(skinedge: Command, synthetic: Path, tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    code, out, err = skinedge(
        "audit",
        synthetic,
        "--split",
        "pundhir2022",
        "--model",
        default_bundle_path(),
        "--photos",
        "2",
        "--out",
        page,
        "--json",
    )
    document = json.loads(out)
    assert code == 0 and str(page) in err and page.stat().st_size > 10_000
    assert document["split"] == "pundhir2022" and document["data"]["photos"] == 36
    assert 0 < document["data"]["patient_overlap"] <= 1
    assert 0.5 <= document["data"]["missingness_auc"] <= 1
    assert 0.5 <= document["model"]["missingness_auc"] <= 1
    assert len(document["model"]["robustness"]) == 14 and document["model"]["photos"] == 2


def test_without_a_model_it_prints_tables(skinedge: Command, synthetic: Path) -> None:
    code, out, err = skinedge("audit", synthetic)
    assert code == 0 and err == ""
    assert "no patient in two of them" in " ".join(out.split()) and "best single missing" in out
    assert "PAT_" not in out


def test_mistakes_get_one_line(skinedge: Command, synthetic: Path, tmp_path: Path) -> None:
    for arguments, word in (
        ([tmp_path], "metadata.csv"),
        ([synthetic, "--model", tmp_path], "no model in"),
        ([synthetic, "--out", synthetic], "--out"),
    ):
        code, _, err = skinedge("audit", *arguments)
        assert code == 1 and word in err and len(err.strip().splitlines()) == 1, err


def test_a_page_is_not_written_over_a_table(synthetic: Path, skinedge: Command) -> None:
    table = synthetic / "metadata.csv"
    before = table.read_bytes()
    code, _, err = skinedge("audit", synthetic, "--out", table)
    assert code == 1 and "expected a name that ends in .html" in err and len(err.splitlines()) == 1
    assert table.read_bytes() == before
