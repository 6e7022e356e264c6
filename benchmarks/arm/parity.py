"""Runs the default model's programs as a Cortex-A53 and a Cortex-A76 and compares with this computer: `make parity-arm`.

    python -m benchmarks.arm.parity build/android skinedge/assets/default [--data FOLDER]

On synthetic lesions, and on real photos where they are at hand. Exit code 1 where an answer is off by more than sums in
another order explain, or where the control, the same photos with each other's answers, is within what golden vectors allow.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from android_demo.ci.tools import MissingToolError
from benchmarks import RESULTS
from benchmarks.arm.machine import PROCESSORS, Inputs, Machine
from benchmarks.parity_targets import add_data_option, describe_run, read_records
from skinedge.datasets.pad_ufes_20 import answer_matrix
from skinedge.errors import SkinEdgeError
from skinedge.files import write_whole
from skinedge.lowering.parity.golden import synthetic_inputs
from skinedge.preprocess.photo import load_photo
from skinedge.runtime.bundle import Bundle, open_bundle
from skinedge.runtime.engine import program_input
from skinedge.runtime.golden import GOLDEN_TOLERANCE
from skinedge.runtime.loading import load_engine

SYNTHETIC_LESIONS = 24
LIMIT = 1e-5
"""How far a probability may be off: a thousandth of what golden vectors allow, as these are the very same programs."""

Answers = NDArray[np.float32]


def main() -> int:
    """Returns 0 where every program gives this computer's answers on every processor, and no control does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", type=Path, nargs="+", help="for android or onnx")
    add_data_option(parser)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--folder", type=Path, default=Path("build/arm"), help="for what is fetched and compiled")
    parser.add_argument("--out", type=Path, default=RESULTS / "parity-arm.json")
    given = parser.parse_args()
    try:
        machine = Machine(given.folder)
        runs = [run for path in given.bundles for run in compare(machine, open_bundle(path), given.data, given.photos)]
    except (MissingToolError, SkinEdgeError) as error:
        print(error, file=sys.stderr)
        return 1
    write_whole(given.out, json.dumps({"run": describe_run(), "limit": LIMIT, "runs": runs}, indent=1) + "\n")
    return int(not all(holds(run) for run in runs))


def compare(machine: Machine, bundle: Bundle, data: Path, photos: int) -> Iterator[dict[str, Any]]:
    """One result for each kind of inputs and processor."""
    engine, contract = load_engine(bundle), bundle.contract
    for samples, inputs in inputs_of(bundle, data, photos).items():
        answers = inputs["answers"].astype(np.float32)
        here = np.stack(
            [
                engine.probabilities(program_input(np.moveaxis(photo, 0, -1)), answers[row : row + 1])
                for row, photo in enumerate(inputs["photo"])
            ]
        )
        swapped = inputs | {"answers": np.roll(answers, 1, axis=0)}
        for processor in PROCESSORS:
            there = machine.answers(processor, bundle.program_path, inputs)
            control = machine.answers(processor, bundle.program_path, swapped)
            decisions = [contract.decide(contract.score(answers)) for answers in (here, there)]
            run: dict[str, Any] = {
                "program": f"{bundle.manifest.target} {bundle.manifest.precision}",
                "program_sha256": bundle.program_sha256,
                "processor": processor,
                "samples": samples,
                "n": len(here),
                "largest_difference": largest_difference(here, there),
                "decision_agreement": float(np.mean(decisions[0] == decisions[1])),
                "spread": float(contract.score(here).std()),
                "control_difference": largest_difference(here, control),
            }
            print(f"{run['program']} on {processor}: {samples}, {run['largest_difference']:.2g}", file=sys.stderr)
            yield run


def inputs_of(bundle: Bundle, data: Path, photos: int) -> dict[str, Inputs]:
    """By what they are, what the program is given; real photos only where they are there."""
    synthetic = synthetic_inputs(bundle.contract, SYNTHETIC_LESIONS)
    found: dict[str, Inputs] = {"synthetic lesions": _inputs(synthetic.pixels, synthetic.answers)}
    if records := read_records(data, photos):
        pixels = np.stack([load_photo(record.photo, bundle.contract.image) for record in records if record.photo])
        found["photos"] = _inputs(pixels, answer_matrix(records, bundle.contract.fields))
    return found


def largest_difference(one: Answers, other: Answers) -> float:
    """Of any probability."""
    return float(np.abs(one - other).max())


def holds(run: dict[str, Any]) -> bool:
    """Whether the answers are this computer's, and those of the control are not."""
    return bool(run["largest_difference"] <= LIMIT < GOLDEN_TOLERANCE < run["control_difference"] and run["spread"] > 0.05)


def _inputs(pixels: NDArray[np.uint8], answers: Answers) -> Inputs:
    return {"photo": np.ascontiguousarray(np.moveaxis(pixels, -1, 1)), "answers": answers}


if __name__ == "__main__":
    sys.exit(main())
