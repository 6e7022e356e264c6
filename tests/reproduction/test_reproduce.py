"""`skinedge reproduce --preset smoke`: cells of Tables 1 to 3 end to end on synthetic lesions, and nothing twice.

Every method, every backbone and every target, but not each method on each backbone: `make reproduce-smoke` trains all.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from skinedge.errors import ConfigError
from skinedge.reproduction import tables
from skinedge.reproduction.grid import PROTOCOLS, TABLES, Cell, Preset, cells
from tests.conftest import Command


def run(out: Path, *, wanted: list[int] | None = None, weights: tuple[str, ...] = ()) -> list[Path]:
    return tables.reproduce(
        None, out, tables=wanted, preset="smoke", weights=weights, sr_weights=(), epochs=0, command="skinedge reproduce"
    )


def some_cells(table: int, preset: Preset) -> list[Cell]:
    """The smoke preset's, without methods on other backbones than the smallest."""
    every = cells(table, preset)
    return [cell for cell in every if preset != "smoke" or "mobilenet_v2" in cell.backbone or cell.method == "proposed"]


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "cells", some_cells)
        yield


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("smoke")
    run(out)
    return out


def test_every_cell_was_trained_and_tested_under_both_protocols(smoke: Path) -> None:
    rows = list(csv.DictReader((smoke / "results.csv").read_text().splitlines()))
    every, asked = ([cell for table in TABLES for cell in some(table, "smoke")] for some in (cells, some_cells))
    for part in ("method", "backbone", "target"):
        assert {getattr(cell, part) for cell in asked} == {getattr(cell, part) for cell in every}
    assert len(rows) == len(every) * len(PROTOCOLS)
    done = [row for row in rows if row["acc_value"]]
    assert [tuple(row[part] for part in ("method", "backbone", "target")) for row in done] == [
        (cell.method, cell.backbone, cell.target) for cell in asked for _ in PROTOCOLS
    ]
    for row in done:
        assert 0 <= float(row["acc_value"]) <= 1 and row["epochs"] == "1" and row["hardware"]
    report = (smoke / "results.md").read_text()
    # The four figures of each cell that was left out, under each protocol.
    assert report.count("not run") == (len(rows) - len(done)) * 4
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
    run(smoke, wanted=[3])
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
