"""Counts the instructions of one warm inference on two imitated ARM processors: `make bench-arm`.

    python -m benchmarks.arm.counting [--against OLD.json]

The default model, its two halves apart, and a bare fp32 MobileNet-V2 for a reference, all in ExecuTorch. Instructions are
not milliseconds: they are the same on every computer, so that two versions can be compared to a few percent.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from android_demo.ci.tools import MissingToolError
from benchmarks import RESULTS
from benchmarks.arm.machine import PROCESSORS, Machine
from benchmarks.arm.tables import BARE, WHOLE, changes
from benchmarks.parity_targets import describe_run
from skinedge.benchmark.baselines import SIDE_PX, write_baselines
from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.files import write_whole
from skinedge.lowering.backends.executorch import PROGRAM, lower
from skinedge.lowering.quantization.plan import load_quantization
from skinedge.lowering.stages import split_stages
from skinedge.models.checkpoint import load_checkpoint

FEW, MANY, REPEATS = 2, 10, 2
"""Inferences of the two processes that are taken from each other, and how often."""

Programs = dict[str, tuple[Path, tuple[torch.Tensor, ...]]]
"""By name, the file and one row of inputs."""


def main() -> int:
    """Returns 0 where everything was counted, and nothing takes more instructions than in older results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("build/arm"), help="for what is fetched and compiled")
    parser.add_argument("--out", type=Path, default=RESULTS / "arm.json")
    parser.add_argument("--against", type=Path, help="older results to compare with")
    given = parser.parse_args()
    older = json.loads(given.against.read_text(encoding="utf-8")) if given.against else None
    try:
        machine = Machine(given.folder)
        programs = lower_all(given.folder / "programs")
        counts = {name: {cpu: count(machine, cpu, *programs[name]) for cpu in PROCESSORS} for name in programs}
    except MissingToolError as error:
        print(error, file=sys.stderr)
        return 1
    document: dict[str, Any] = {"run": describe_run(), "inferences": MANY - FEW, "counts": counts}
    write_whole(given.out, json.dumps(document, indent=1) + "\n")
    changed = changes(older, document) if older else []
    for name, processor, ratio, verdict in changed:
        print(f"{name} on {processor}: {ratio:.3f} times as many instructions, {verdict}")
    return int(any(verdict == "more" for *_, verdict in changed))


def lower_all(folder: Path) -> Programs:
    """Lowers what is counted."""
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    quantization = load_quantization(DEFAULT_CHECKPOINT, checkpoint.contract)
    int8, fp32 = split_stages(checkpoint, quantization), split_stages(checkpoint)
    stages = {
        WHOLE: int8["whole"],
        "preprocessing": int8["preprocessing"],
        "int8 network": int8["network"],
        "fp32": fp32["whole"],
        "fp32 network": fp32["network"],
    }
    programs: Programs = {}
    for name, stage in stages.items():
        path = folder / f"{name.replace(' ', '-')}.pte"
        path.write_bytes(lower(stage.module, stage.example).files[PROGRAM])
        programs[name] = path, stage.example
    bare = write_baselines(folder)["mobilenet_v2.pte"]
    return programs | {BARE: (bare, (torch.zeros(1, 3, SIDE_PX, SIDE_PX),))}


def count(machine: Machine, processor: str, program: Path, example: tuple[torch.Tensor, ...]) -> list[int]:
    """Instructions of one inference, once a repeat: what more inferences add to a process."""
    inputs = {f"input_{position}": tensor.numpy() for position, tensor in enumerate(example)}
    found = []
    for _ in range(REPEATS):
        few, many = (machine.instructions(processor, program, inputs, times) for times in (FEW, MANY))
        found.append(round((many - few) / (MANY - FEW)))
    print(f"{program.stem} on {processor}: {found[0] / 1e6:.1f} million instructions", file=sys.stderr)
    return found


if __name__ == "__main__":
    sys.exit(main())
