"""`skinedge reproduce --preset smoke`: every cell of Tables 1 to 3 end to end on synthetic lesions, and nothing twice."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from skinedge.errors import ConfigError
from skinedge.reproduction.grid import PROTOCOLS, cells
from skinedge.reproduction.tables import reproduce
from tests.conftest import Command


def run(out: Path, *, tables: list[int] | None = None, weights: tuple[str, ...] = ()) -> list[Path]:
    return reproduce(
        None, out, tables=tables, preset="smoke", weights=weights, sr_weights=(), epochs=0, command="skinedge reproduce"
    )


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("smoke")
    run(out)
    return out


def test_every_cell_was_trained_and_tested_under_both_protocols(smoke: Path) -> None:
    rows = list(csv.DictReader((smoke / "results.csv").read_text().splitlines()))
    expected = [(cell, protocol) for table in (1, 2, 3) for cell in cells(table, "smoke") for protocol in PROTOCOLS]
    assert len(rows) == len(expected)
    for row in rows:
        assert 0 <= float(row["acc_value"]) <= 1 and row["epochs"] == "1" and row["hardware"]
    report = (smoke / "results.md").read_text()
    assert "not run" not in report
    assert "0.849 / 0.832 / 0.960" in report and "leaks" in report and "CC BY 4.0" in report
    # Four targets under two protocols, on the one backbone that was also trained without a decoder.
    assert report.count("the decoder **") == 2 * 4


def test_the_figures_are_there(smoke: Path) -> None:
    figures = {path.relative_to(smoke / "figures").as_posix() for path in (smoke / "figures").rglob("*.png")}
    assert "embedding-vgg13.png" in figures
    assert {f"reconstruction-proposed-vgg13-{target}.png" for target in ("bilinear", "bicubic", "ninasr", "edsr")} <= figures
    assert any(name.endswith("confusion.png") for name in figures) and any(name.endswith("roc.png") for name in figures)


def test_what_is_done_is_not_trained_again(smoke: Path) -> None:
    results = sorted((smoke / "cells").rglob("result.json"))
    before = {path: path.stat().st_mtime_ns for path in results}
    run(smoke, tables=[3])
    assert {path: path.stat().st_mtime_ns for path in results} == before
    assert "## Table 1" not in (smoke / "results.md").read_text()


def test_a_cell_of_other_settings_is_not_taken_for_this_one(smoke: Path) -> None:
    path = next((smoke / "cells").rglob("result.json"))
    kept = path.read_bytes()
    changed = json.loads(kept)
    changed["recipe"]["epochs"] = 2
    path.write_text(json.dumps(changed))
    try:
        with pytest.raises(ConfigError, match="made with other settings or other data"):
            run(smoke)
        path.write_text("{")
        with pytest.raises(ConfigError, match="is damaged: delete it"):
            run(smoke)
    finally:
        path.write_bytes(kept)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--table", "4"), "--table 4: expected some of 1, 2, 3"),
        (("--weights", "resnet"), "got 'resnet', expected NAME=VALUE"),
        (("--sr-weights", "bilinear=x"), "with a name of ninasr, edsr"),
        (("--data", "nowhere"), "no metadata.csv in nowhere"),
    ],
)
def test_bad_options_are_one_line(skinedge: Command, tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = skinedge("reproduce", "--preset", "smoke", "--out", tmp_path / "out", *arguments)
    assert code == 1 and not out and says in err and err.count("\n") == 1
