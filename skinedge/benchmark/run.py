"""`skinedge bench`: measures candidates by a protocol, each number of threads and each cold start in its own process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from skinedge.benchmark.baselines import write_baselines
from skinedge.benchmark.candidates import Candidate, of_bundle, of_checkpoint
from skinedge.benchmark.protocol import Protocol
from skinedge.benchmark.results import ColdStart, Measured, Results
from skinedge.benchmark.worker import Job, Report
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.errors import ConfigError, ContractError
from skinedge.progress import track

PHOTO_SEED = 7


def candidates(bundles: Sequence[Path], work: Path, *, checkpoint: Path | None, with_baselines: bool) -> list[Candidate]:
    """The bundles, a checkpoint in torch, and the baselines, whose programs are made once, in `work`.

    Raises: ConfigError where two bundles have one name; as `open_bundle`.
    """
    found = [of_bundle(folder) for folder in bundles]
    if checkpoint is not None:
        found.append(of_checkpoint(checkpoint))
    if with_baselines:
        paths = write_baselines(work)
        for name, kind, file, runtime, precision in (
            ("OpenCV + MobileNet-V2", "opencv_onnx", "mobilenet_v2.onnx", "onnxruntime", "fp32"),
            ("OpenCV + MobileNet-V2, dynamic", "opencv_onnx", "mobilenet_v2.dynamic_int8.onnx", "onnxruntime", "int8"),
            ("bare MobileNet-V2", "bare_executorch", "mobilenet_v2.pte", "executorch", "fp32"),
        ):
            path = paths[file]
            found.append(
                Candidate(
                    name=name,
                    kind=kind,  # type: ignore[arg-type]
                    path=path,
                    runtime=runtime,
                    precision=precision,
                    program_bytes=path.stat().st_size,
                )
            )
    names = [candidate.name for candidate in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"two bundles are both {name!r}: measure them in two runs and compare those")
    return found


def bench(protocol: Protocol, chosen: Sequence[Candidate], work: Path) -> Results:
    """Measures the candidates. Raises: ContractError where one fails."""
    photo = draw_photo(work, protocol)
    jobs: list[Job] = []
    for threads in protocol.threads:
        jobs.append(
            Job(
                kind="rounds",
                candidates=tuple(chosen),
                photo=photo,
                threads=threads,
                warm_ups=protocol.warm_ups,
                rounds=protocol.rounds,
            )
        )
    for candidate in chosen:
        one = Job(kind="cold start", candidates=(candidate,), photo=photo, threads=protocol.threads[0])
        jobs += [one] * protocol.cold_starts
    reports = [(job, _report(job, protocol)) for job in track(jobs, "measuring")]
    return Results.of(protocol, tuple(_measured(chosen, reports)))


def draw_photo(folder: Path, protocol: Protocol) -> Path:
    """Writes a synthetic lesion as a JPEG of a phone's size; always the same one. Returns: the file."""
    path = folder / f"photo-{protocol.photo_width_px}x{protocol.photo_height_px}.jpg"
    side = min(protocol.photo_width_px, protocol.photo_height_px)
    lesion = draw_lesion(np.random.default_rng(PHOTO_SEED), "NEV", 448)
    square = Image.fromarray(lesion).resize((side, side), Image.Resampling.BICUBIC)
    edge = tuple(int(value) for value in lesion[0, 0])
    canvas = Image.new("RGB", (protocol.photo_width_px, protocol.photo_height_px), edge)
    canvas.paste(square, ((protocol.photo_width_px - side) // 2, (protocol.photo_height_px - side) // 2))
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.save(path, quality=92)
    return path


def _report(job: Job, protocol: Protocol) -> Report:
    if job.kind == "rounds":
        time.sleep(protocol.cool_down_s)
    # OpenMP would start as many threads as there are cores, whatever the setting of a runtime. Threads that wait for work
    # in a loop hold up the other candidates: torch with two threads took up to forty times as long on a busy machine.
    environment = os.environ | {"OMP_NUM_THREADS": str(job.threads), "OMP_WAIT_POLICY": "passive", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "skinedge.benchmark.worker"]
    done = subprocess.run(
        command, check=False, input=job.model_dump_json(), capture_output=True, encoding="utf-8", env=environment
    )
    if done.returncode:
        names = ", ".join(candidate.name for candidate in job.candidates)
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ContractError(
            f"measuring {names} with {job.threads} threads failed: {last[:300]}; leave it out, or export it again"
        )
    return Report.model_validate_json(done.stdout.strip().splitlines()[-1])


def _measured(chosen: Sequence[Candidate], reports: Sequence[tuple[Job, Report]]) -> list[Measured]:
    colds: dict[str, list[ColdStart]] = {candidate.name: [] for candidate in chosen}
    for job, report in reports:
        if job.kind == "cold start":
            start = ColdStart(load_ms=report.load_ms, first_ms=report.first_ms, peak_memory_mib=report.peak_memory_mib)
            colds[job.candidates[0].name].append(start)
    return [
        Measured(
            candidate=candidate.name,
            runtime=candidate.runtime,
            precision=candidate.precision,
            threads=job.threads,
            program_bytes=candidate.program_bytes,
            stages_ms={stage: tuple(taken) for stage, taken in report.stages_ms[candidate.name].items()},
            cold_starts=tuple(colds[candidate.name]) if job.threads == reports[0][0].threads else (),
            agreement=candidate.agreement,
        )
        for job, report in reports
        if job.kind == "rounds"
        for candidate in chosen
    ]
