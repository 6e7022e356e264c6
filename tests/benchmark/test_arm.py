"""What is said of the imitated ARM processors. `make parity-arm` and `make bench-arm` ask them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from android_demo.ci.tools import MissingToolError
from benchmarks.arm import guest
from benchmarks.arm.machine import HERE, PROCESSORS, Machine
from benchmarks.arm.parity import holds
from benchmarks.arm.tables import BARE, WHOLE, changes, counts_table, parity_table
from skinedge.benchmark.results import Results
from skinedge.errors import ContractError
from skinedge.runtime.bundle import default_bundle_path, open_bundle
from skinedge.runtime.engine import program_input
from skinedge.runtime.loading import load_engine

RUN = {
    "program": "android int8",
    "processor": "cortex-a53",
    "samples": "synthetic lesions",
    "n": 24,
    "largest_difference": 1.2e-7,
    "decision_agreement": 1.0,
    "spread": 0.29,
    "control_difference": 0.4,
}


def counted(whole: int, bare: int = 100_000_000) -> dict[str, Any]:
    return {"counts": {name: {cpu: [n, n + 9] for cpu in PROCESSORS} for name, n in ((WHOLE, whole), (BARE, bare))}}


def test_tables_give_counts_beside_the_bare_backbone_and_every_comparison() -> None:
    assert "| int8 | 119.0 million | 1.19 | 119.0 million | 1.19 | 0.00% |" in counts_table(counted(119_000_000))
    assert "| android int8 | cortex-a53 | 24 synthetic lesions | 1.2e-07 | 100.0% | 0.29 | 0.40 |" in parity_table(
        {"runs": [RUN]}
    )


def test_repeats_that_differ_are_seen_in_the_table() -> None:
    results = counted(119_000_000)
    results["counts"][WHOLE][PROCESSORS[1]][1] = 119_000_000 * 101 // 100
    assert "| int8 | 119.0 million | 1.19 | 119.0 million | 1.19 | 1.00% |" in counts_table(results)


def test_the_comparison_of_times_says_why_it_takes_no_counts(tmp_path: Path) -> None:
    (tmp_path / "arm.json").write_text(json.dumps(counted(100)))
    with pytest.raises(ContractError, match=r"counts of ARM instructions.*--against"):
        Results.load(tmp_path / "arm.json")


@pytest.mark.parametrize(("whole", "verdict"), [(103, "more"), (97, "fewer"), (100, "no difference")])
def test_a_planted_change_of_three_percent_is_found(whole: int, verdict: str) -> None:
    found = changes(counted(100_000_000), counted(whole * 1_000_000))
    assert {one[3] for one in found if one[0] == WHOLE} == {verdict}
    assert {one[3] for one in found if one[0] == BARE} == {"no difference"} and len(found) == 4


@pytest.mark.parametrize(
    "fault",
    [{"largest_difference": 0.02}, {"control_difference": 0.005}, {"spread": 0.0}],
    ids=lambda fault: next(iter(fault)),
)
def test_parity_holds_only_where_the_control_fails_and_the_scores_spread(fault: dict[str, float]) -> None:
    assert holds(RUN) and not holds(RUN | fault)


def test_the_guest_answers_as_the_screener_does(tmp_path: Path) -> None:
    bundle = open_bundle(default_bundle_path())
    photos = np.random.default_rng(0).integers(0, 256, (2, 3, 448, 448), dtype=np.uint8)
    answers = np.full((2, len(bundle.contract.fields)), -1, dtype=np.float32)
    np.savez(tmp_path / "inputs.npz", photo=photos, answers=answers)
    command = [sys.executable, guest.__file__, bundle.program_path, tmp_path / "inputs.npz", tmp_path / "answers.npy", "4"]
    subprocess.run([str(part) for part in command], check=True)
    engine = load_engine(bundle)
    expected = [engine.probabilities(program_input(np.moveaxis(photo, 0, -1)), answers[:1]) for photo in photos]
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), np.array(expected), atol=1e-5)


def test_the_plugin_compiles_without_a_warning(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc")
    options = ("-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC")
    subprocess.run(["gcc", *options, "-o", str(tmp_path / "plugin.so"), str(HERE / "instructions.c")], check=True)


def test_what_is_missing_is_reported_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match=r"missing qemu-aarch64.*apt-get install.*qemu-user"):
        Machine(tmp_path / "arm")
