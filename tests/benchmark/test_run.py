"""A small benchmark of the real default bundle, and a bundle that was slowed down on purpose."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from skinedge.benchmark.comparison import compare
from skinedge.benchmark.protocol import Protocol, load_protocol
from skinedge.benchmark.results import Results
from skinedge.benchmark.run import bench, contestants
from skinedge.benchmark.tables import BEGIN, END, change_rows, draw, markdown, replace_between_marks, rows, written
from skinedge.errors import ConfigError, ContractError, TamperError
from skinedge.runtime.bundle import default_bundle_path, open_bundle, renew_manifest
from tests.conftest import Command


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    small = {"warm_ups": 1, "rounds": 12, "cool_down_s": 0.0, "threads": (1,), "cold_starts": 1}
    return load_protocol().model_copy(update=small | {"photo_width_px": 640, "photo_height_px": 480})


def slowed(bundle: Path, folder: Path) -> Path:
    """A copy of an ONNX bundle with the same answers, whose program also multiplies large matrices for nothing."""
    shutil.copytree(bundle, folder)
    opened = open_bundle(folder)
    model = onnx.load_model_from_string(opened.program_bytes())
    graph, side = model.graph, 700
    graph.initializer.append(numpy_helper.from_array(np.full((side, side), 1e-3, np.float32), "ballast"))
    # It has to depend on an input, or ONNX Runtime would compute it once while loading.
    nodes = [
        helper.make_node("ReduceMean", ["answers"], ["ballast_factor"], keepdims=0),
        helper.make_node("Mul", ["ballast", "ballast_factor"], ["ballast0"]),
    ]
    nodes += [helper.make_node("MatMul", [f"ballast{i}", "ballast"], [f"ballast{i + 1}"]) for i in range(6)]
    nodes.append(helper.make_node("ReduceMax", ["ballast6"], ["ballast_largest"], keepdims=0))
    graph.initializer.append(numpy_helper.from_array(np.float32(0), "nothing"))
    nodes.append(helper.make_node("Mul", ["ballast_largest", "nothing"], ["still_nothing"]))
    last = next(node for node in graph.node if "probabilities" in node.output)
    last.output[list(last.output).index("probabilities")] = "as_before"
    nodes.append(helper.make_node("Add", ["as_before", "still_nothing"], ["probabilities"]))
    graph.node.extend(nodes)
    opened.program_path.write_bytes(model.SerializeToString())
    renew_manifest(folder, opened.manifest)
    return folder


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the rivals' programs are kept: they take long to make."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def measured(protocol: Protocol, work: Path) -> Results:
    return bench(
        protocol, contestants([default_bundle_path()], work, checkpoint=None, with_rivals=True), work, cold_screen=True
    )


def test_a_run_holds_every_sample_and_what_is_needed_to_trust_it(
    measured: Results, protocol: Protocol, tmp_path: Path
) -> None:
    names = [entry.contestant for entry in measured.measured]
    assert names[0] == "skinedge onnx int8" and len(names) == 4
    for entry in measured.measured:
        assert {len(taken) for taken in entry.stages_ms.values()} == {protocol.rounds}
        assert entry.total_ms.min() > 0 and entry.program_bytes > 100_000
        assert len(entry.cold_starts) == 1 and entry.cold_starts[0].peak_memory_mib > 10
    assert measured.measured[0].stages_ms.keys() == {"decode", "program", "triage"}
    assert measured.measured[0].agreement["refer_agreement"] > 0.9
    assert measured.device.cores >= 1 and measured.versions["onnxruntime"] and len(measured.cold_screen_s) == 1
    assert 50 < measured.cold_screen_mib[0] < 300, "the plain install needs little memory, whoever started it"
    measured.save(tmp_path / "results.json")
    assert Results.load(tmp_path / "results.json") == measured


def test_tables_and_pictures_come_from_the_results(measured: Results, tmp_path: Path) -> None:
    table = rows(measured)
    assert {len(row) for row in table} == {len(table[0])} and len(table) == 5
    page = replace_between_marks(f"# Benchmarks\n{BEGIN}before{END}\nthe end", written(measured, draw(measured, tmp_path)))
    assert markdown(table) in page and "before" not in page and page.endswith("the end")
    assert (tmp_path / "latency.svg").stat().st_size > 5_000
    with pytest.raises(ValueError, match="marks"):
        replace_between_marks("no marks", "")


def test_a_slowed_bundle_is_reported_slower_and_the_same_one_is_not(
    measured: Results, protocol: Protocol, work: Path, tmp_path: Path, skinedge: Command
) -> None:
    slow = slowed(default_bundle_path(), tmp_path / "slow")
    after = bench(protocol, contestants([slow], work, checkpoint=None, with_rivals=True), work, cold_screen=False)
    changes = {change.contestant: change for change in compare(measured, after, yardstick="bare MobileNet-V2")[1]}
    assert changes["skinedge onnx int8"].verdict == "slower", changes
    assert changes["skinedge onnx int8"].ratio > 1.2
    assert change_rows(list(changes.values()))[1][0] == "skinedge onnx int8"
    measured.save(tmp_path / "a.json")
    after.save(tmp_path / "b.json")
    told = skinedge("bench", "compare", tmp_path / "a.json", tmp_path / "a.json", "--json")
    assert told[0] == 0
    assert {change["verdict"] for change in json.loads(told[1])["changes"]} == {"no difference"}
    assert skinedge("bench", "compare", tmp_path / "a.json", tmp_path / "b.json")[0] == 1


def test_what_cannot_be_measured_is_said_in_one_line(protocol: Protocol, tmp_path: Path) -> None:
    twice = [default_bundle_path()] * 2
    with pytest.raises(ConfigError, match="two bundles are both 'skinedge onnx int8'"):
        contestants(twice, tmp_path, checkpoint=None, with_rivals=False)
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(ContractError, match="holds no results"):
        Results.load(tmp_path / "results.json")
    broken = tmp_path / "broken"
    shutil.copytree(default_bundle_path(), broken)
    entrants = contestants([broken], tmp_path, checkpoint=None, with_rivals=False)
    (broken / "skinedge.onnx").write_bytes(b"")
    with pytest.raises((ContractError, TamperError), match="skinedge onnx int8 with 1 threads failed"):
        bench(protocol, entrants, tmp_path, cold_screen=False)
    (tmp_path / "protocol.toml").write_text("rounds = 1")
    with pytest.raises(ConfigError, match=r"protocol\.toml"):
        load_protocol(tmp_path / "protocol.toml")
