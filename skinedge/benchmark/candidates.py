"""The candidates of a measurement: SkinEdge's bundles, the same network in torch, and the baselines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from skinedge.benchmark import baselines
from skinedge.benchmark.clock import timed
from skinedge.contract import MISSING, Contract, Frozen
from skinedge.preprocess.photo import load_photo
from skinedge.runtime.bundle import PARITY_FILE, open_bundle
from skinedge.runtime.engine import Engine, program_input
from skinedge.runtime.loading import load_engine
from skinedge.runtime.registry import get_runtime
from skinedge.screening.triage import triage

Kind = Literal["bundle", "eager", "opencv_onnx", "bare_executorch"]


class Candidate(Frozen):
    """One program to measure. It goes to worker processes as JSON."""

    name: str
    kind: Kind
    path: Path
    """Folder of a bundle or checkpoint, or a baseline's program."""
    runtime: str
    precision: str
    program_bytes: int
    agreement: Mapping[str, float] = {}


class Runner(Protocol):
    """A candidate, loaded."""

    def run(self, photo: Path) -> dict[str, float]:
        """Answers on one photo. Returns: milliseconds by stage."""
        ...


def of_bundle(folder: Path) -> Candidate:
    """A bundle, named after its target and precision. Raises: as `open_bundle`."""
    bundle = open_bundle(folder)
    manifest = bundle.manifest
    comparisons = json.loads(bundle.read(PARITY_FILE)) if PARITY_FILE in manifest.files else []
    # Where there are comparisons on synthetic lesions and on real photos, those on photos come last.
    last = comparisons[-1] if comparisons else {}
    return Candidate(
        name=f"skinedge {manifest.target} {manifest.precision}",
        kind="bundle",
        path=folder,
        runtime=get_runtime(manifest.target).name,
        precision=manifest.precision,
        program_bytes=manifest.files[manifest.program].size_bytes,
        agreement={name: value for name, value in last.items() if isinstance(value, float)},
    )


def of_checkpoint(folder: Path) -> Candidate:
    """The fp32 network of a checkpoint, run by torch."""
    from skinedge.models.checkpoint import WEIGHTS_FILE

    size_bytes = (folder / WEIGHTS_FILE).stat().st_size
    return Candidate(
        name="skinedge in torch", kind="eager", path=folder, runtime="torch", precision="fp32", program_bytes=size_bytes
    )


def load(candidate: Candidate, threads: int) -> Runner:
    """Loads a candidate with this many threads."""
    if candidate.kind == "bundle":
        bundle = open_bundle(candidate.path)
        return Screening(load_engine(bundle, threads=threads), bundle.contract)
    if candidate.kind == "eager":
        return _eager(candidate.path, threads)
    if candidate.kind == "opencv_onnx":
        return baselines.OpenCvOnnx(candidate.path, threads)
    return baselines.BareExecuTorch(candidate.path, threads)


class Screening:
    """An engine as the screener uses it: photo file to pixels, program, triage. All answers are missing."""

    def __init__(self, engine: Engine, contract: Contract) -> None:
        self._engine, self._contract = engine, contract
        self._answers = np.full((1, len(contract.fields)), MISSING, dtype=np.float32)

    def run(self, photo: Path) -> dict[str, float]:
        """See `Runner.run`."""
        contract = self._contract
        pixels, decode_ms = timed(lambda: program_input(load_photo(photo, contract.image)))
        values, program_ms = timed(lambda: self._engine.probabilities(pixels, self._answers))
        _, triage_ms = timed(lambda: triage(float(contract.score(values)), contract))
        return {"decode": decode_ms, "program": program_ms, "triage": triage_ms}


def _eager(folder: Path, threads: int) -> Screening:
    import torch

    from skinedge.models.checkpoint import load_checkpoint
    from skinedge.models.eager import EagerEngine

    torch.set_num_threads(threads)
    checkpoint = load_checkpoint(folder)
    return Screening(EagerEngine(checkpoint), checkpoint.contract)
