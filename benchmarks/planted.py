"""Tests whether `skinedge bench compare` finds a slowdown, and only where there is one: `make bench-planted`.

It repeatedly measures the default bundle, a copy of it, and a copy that was slowed on purpose, each in a run of its own.
Exit code 1 where the verdict on the first copy is slower or faster even once, or that on the slowed one is not slower each
time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from skinedge.benchmark.candidates import Candidate
from skinedge.benchmark.comparison import Change, compare
from skinedge.benchmark.protocol import Protocol, load_protocol
from skinedge.benchmark.results import Results, write_stamped
from skinedge.benchmark.run import bench, candidates
from skinedge.progress import track
from skinedge.runtime.bundle import default_bundle_path, open_bundle, renew_manifest

REFERENCE = "OpenCV + MobileNet-V2"
"""Of the same runtime as the bundle, and about as slow, so that other load slows both alike."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/planted.json"))
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--work", type=Path, default=Path("build/bench"))
    arguments = parser.parse_args()
    found = planted(quick(load_protocol()), arguments.work, repeats=arguments.repeats)
    false_alarms = sum(change.verdict != "no difference" for change in found["identical"])
    missed = sum(change.verdict != "slower" for change in found["slowed"])
    document = {
        "repeats": arguments.repeats,
        "false_alarms": false_alarms,
        "missed": missed,
        "changes": {name: [json.loads(change.model_dump_json()) for change in changes] for name, changes in found.items()},
    }
    write_stamped(arguments.out, document)
    print(f"{arguments.repeats} repeats: {false_alarms} false alarms, {missed} slowdowns missed")
    return int(bool(false_alarms or missed))


def quick(protocol: Protocol) -> Protocol:
    """The protocol with one thread, no cold starts and a small photo, because only the program is slowed."""
    small = {"threads": (1,), "cold_starts": 0, "photo_width_px": 640, "photo_height_px": 480}
    return protocol.model_copy(update=small)


def planted(protocol: Protocol, work: Path, *, repeats: int) -> dict[str, list[Change]]:
    """The changes that `compare` finds for a copy and for a slowed copy of the default bundle, one a repeat."""
    found: dict[str, list[Change]] = {"identical": [], "slowed": []}
    with tempfile.TemporaryDirectory() as name:
        bundle, folder = default_bundle_path(), Path(name)
        copies = {"identical": Path(shutil.copytree(bundle, folder / "same")), "slowed": slowed(bundle, folder / "slowed")}
        chosen = {what: candidates_of(path, work) for what, path in {"default": bundle, **copies}.items()}
        for _ in track(range(repeats), "measuring again"):
            runs = {what: bench(protocol, both, work) for what, both in chosen.items()}
            for what, changes in found.items():
                changes.append(change_between(runs["default"], runs[what]))
    return found


def candidates_of(bundle: Path, work: Path) -> list[Candidate]:
    """A bundle, and the reference."""
    every = candidates([bundle], work, checkpoint=None, with_baselines=True)
    return [one for one in every if one.kind == "bundle" or one.name == REFERENCE]


def change_between(before: Results, after: Results) -> Change:
    """The change of the one bundle in both runs."""
    (change,) = compare(before, after, reference=REFERENCE)[1]
    return change


def slowed(bundle: Path, folder: Path, *, products: int = 4) -> Path:
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
    nodes += [helper.make_node("MatMul", [f"ballast{i}", "ballast"], [f"ballast{i + 1}"]) for i in range(products)]
    nodes.append(helper.make_node("ReduceMax", [f"ballast{products}"], ["ballast_largest"], keepdims=0))
    graph.initializer.append(numpy_helper.from_array(np.float32(0), "nothing"))
    nodes.append(helper.make_node("Mul", ["ballast_largest", "nothing"], ["still_nothing"]))
    last = next(node for node in graph.node if "probabilities" in node.output)
    last.output[list(last.output).index("probabilities")] = "as_before"
    nodes.append(helper.make_node("Add", ["as_before", "still_nothing"], ["probabilities"]))
    graph.node.extend(nodes)
    opened.program_path.write_bytes(model.SerializeToString())
    renew_manifest(folder, opened.manifest)
    return folder


if __name__ == "__main__":
    sys.exit(main())
