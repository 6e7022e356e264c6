"""A small benchmark of the real default bundle, and a bundle that was slowed down on purpose."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from benchmarks.planted import candidates_of, change_between, quick, slowed
from skinedge.benchmark.picture import draw
from skinedge.benchmark.protocol import Protocol, load_protocol
from skinedge.benchmark.results import Results
from skinedge.benchmark.run import bench, candidates
from skinedge.benchmark.tables import change_rows, markdown_table, rows
from skinedge.errors import ConfigError, ContractError, TamperError
from skinedge.runtime.bundle import default_bundle_path
from tests.conftest import Command


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    small = {"warm_ups": 1, "rounds": 12, "cool_down_s": 0.0, "threads": (1,), "cold_starts": 1}
    return load_protocol().model_copy(update=small | {"photo_width_px": 640, "photo_height_px": 480})


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the baselines' programs are kept: they take long to make."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def measured(protocol: Protocol, work: Path) -> Results:
    return bench(protocol, candidates([default_bundle_path()], work, checkpoint=None, with_baselines=True), work)


def test_a_run_holds_every_sample_and_what_is_needed_to_trust_it(
    measured: Results, protocol: Protocol, tmp_path: Path
) -> None:
    names = [entry.candidate for entry in measured.measured]
    assert names[0] == "skinedge onnx int8" and len(names) == 4
    for entry in measured.measured:
        assert {len(taken) for taken in entry.stages_ms.values()} == {protocol.rounds}
        assert entry.total_ms.min() > 0 and entry.program_bytes > 100_000
        (start,) = entry.cold_starts
        assert sys.platform != "linux" or (start.peak_memory_mib or 0) > 10
    assert measured.measured[0].stages_ms.keys() == {"decode", "program", "triage"}
    assert measured.measured[0].agreement["decision_agreement"] > 0.9
    assert measured.device.cores >= 1 and measured.versions["onnxruntime"]
    measured.save(tmp_path / "results.json")
    assert Results.load(tmp_path / "results.json") == measured


def test_tables_and_pictures_come_from_the_results(measured: Results, tmp_path: Path, skinedge: Command) -> None:
    table = rows(measured)
    assert {len(row) for row in table} == {len(table[0])} and len(table) == 5
    measured.save(tmp_path / "results.json")
    code, printed, _ = skinedge("bench", "tables", tmp_path / "results.json", "--markdown", "--picture", tmp_path / "a.svg")
    assert code == 0 and markdown_table(table) in printed and measured.commit in printed
    draw(measured, tmp_path / "b.svg")
    drawn = (tmp_path / "b.svg").read_bytes()
    assert len(drawn) > 5_000 and drawn == (tmp_path / "a.svg").read_bytes()
    draw(measured, tmp_path / "b.svg", {"skinedge onnx int8": 0.5})
    assert drawn != (tmp_path / "b.svg").read_bytes()


def test_a_slowed_bundle_is_reported_slower_and_an_identical_one_is_not(
    protocol: Protocol, work: Path, tmp_path: Path, skinedge: Command
) -> None:
    """Twenty repeats of this are `make bench-planted`."""
    bundle, settings = default_bundle_path(), quick(load_protocol())
    folders = {
        "a": bundle,
        "same": Path(shutil.copytree(bundle, tmp_path / "same")),
        "slow": slowed(bundle, tmp_path / "slow"),
    }
    runs = {name: bench(settings, candidates_of(folder, work), work) for name, folder in folders.items()}
    changes = {name: change_between(runs["a"], runs[name]) for name in ("same", "slow")}
    assert changes["slow"].verdict == "slower" and changes["slow"].ratio > 1.1, changes
    assert changes["same"].verdict == "no difference", changes
    assert change_rows(list(changes.values()))[1][0] == "skinedge onnx int8"
    for name, results in runs.items():
        results.save(tmp_path / f"{name}.json")
    printed = skinedge("bench", "compare", tmp_path / "a.json", tmp_path / "same.json", "--json")
    assert printed[0] == 0
    assert {change["verdict"] for change in json.loads(printed[1])["changes"]} == {"no difference"}
    assert skinedge("bench", "compare", tmp_path / "a.json", tmp_path / "slow.json")[0] == 1


def test_what_cannot_be_measured_is_one_line(protocol: Protocol, tmp_path: Path) -> None:
    twice = [default_bundle_path()] * 2
    with pytest.raises(ConfigError, match="two bundles are both 'skinedge onnx int8'"):
        candidates(twice, tmp_path, checkpoint=None, with_baselines=False)
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(ContractError, match="holds no results"):
        Results.load(tmp_path / "results.json")
    broken = tmp_path / "broken"
    shutil.copytree(default_bundle_path(), broken)
    chosen = candidates([broken], tmp_path, checkpoint=None, with_baselines=False)
    (broken / "skinedge.onnx").write_bytes(b"")
    with pytest.raises((ContractError, TamperError), match="skinedge onnx int8 with 1 threads failed"):
        bench(protocol, chosen, tmp_path)
    (tmp_path / "protocol.toml").write_text("rounds = 1")
    with pytest.raises(ConfigError, match=r"protocol\.toml"):
        load_protocol(tmp_path / "protocol.toml")
