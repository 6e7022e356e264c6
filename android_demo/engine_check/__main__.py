"""Runs a bundle's golden vectors through Android's native library, on this computer and on two imitated arm64 processors.

`python -m android_demo.engine_check build/android --out benchmarks/results/android-engine.json`
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from android_demo.ci import tools
from android_demo.ci.tools import MissingToolError
from android_demo.engine_check import packages
from android_demo.engine_check.machines import PROCESSORS, Bench, Processor
from android_demo.engine_check.packages import CHOSEN, Release
from android_demo.engine_check.result import LIMITS, Result, Run, cause, describe, judge, largest_difference, spread
from skinedge.errors import SkinEdgeError
from skinedge.runtime.bundle import Bundle, open_bundle
from skinedge.runtime.golden import GoldenVector, read_golden

OTHERS = ("0.5.15", "0.9.3")
ENGINES = {"AppGolden": "org.skinedge.app.ExecuTorchEngine", "ExecuTorchGolden": "org.pytorch.executorch.Module"}
"""The programs that load the library, by their Java class."""
_DAMAGED_BYTES = 16384


def main() -> int:
    """Returns 0 where the chosen library gives Python's answers on every processor, and a damaged program does not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="exported for android")
    parser.add_argument("--out", type=Path, required=True, help="file for the result")
    parser.add_argument("--folder", type=Path, default=Path("build/android-engine"), help="for what is fetched and compiled")
    parser.add_argument("--aar", type=Path, help="the official library, where you have it, in place of npm's")
    parser.add_argument("--app", type=Path, help="folder of `make apk`: load the library through the app's own engine")
    given = parser.parse_args()
    try:
        result = check(open_bundle(given.bundle), given.folder, aar=given.aar, app=given.app)
    except (MissingToolError, SkinEdgeError) as error:
        print(error, file=sys.stderr)
        return 1
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    wanted = [run for run in result.runs if run.release == result.chosen]
    return 0 if all(run.verdict == "agrees" and (run.control_difference or 0) > run.limit for run in wanted) else 1


def check(bundle: Bundle, folder: Path, *, aar: Path | None, app: Path | None) -> Result:
    """Runs every library on every processor.

    Raises: MissingToolError where something cannot be had; SkinEdgeError where the bundle is not usable.
    """
    tools.check_programs(packages.PROGRAMS)
    vectors = read_golden(bundle)
    releases = _releases(folder / "packages", aar)
    chosen = releases[0]
    folder.mkdir(parents=True, exist_ok=True)
    damaged = _damaged(bundle, folder / "damaged")
    bench = Bench(folder, "AppGolden" if app else "ExecuTorchGolden", chosen, _app_jars(app))
    listed = _list(vectors, bundle, folder / "vectors.txt")
    runs = []
    for release in releases:
        for processor in PROCESSORS:
            run = _run(bench, release, processor, bundle.program_path, listed, vectors)
            if release is chosen:
                control = _run(bench, release, processor, damaged, listed, vectors)
                run = run.model_copy(update={"control_difference": control.largest_difference})
            why = run.died_of or f"largest difference {run.largest_difference:.2g}"
            print(f"{run.release} on {run.processor}: {run.verdict}, {why}", file=sys.stderr)
            runs.append(run)
    return Result(
        versions={
            "java": tools.run("java", "--version").splitlines()[0],
            "qemu": tools.run("qemu-aarch64", "--version").splitlines()[0],
        },
        program_sha256=bundle.program_sha256,
        made_with=dict(bundle.manifest.made_with),
        chosen=chosen.name,
        libraries=tuple(describe(release, machine) for release in releases for machine in packages.ABIS),
        runs=tuple(runs),
    )


def _releases(cache: Path, aar: Path | None) -> list[Release]:
    """The chosen one first."""
    published = packages.from_aar(aar, cache) if aar else packages.from_npm(CHOSEN, cache)
    others = [] if aar else [packages.from_npm(version, cache) for version in OTHERS]
    return [packages.with_baseline(published), published, *others]


def _run(
    bench: Bench, release: Release, processor: Processor, program: Path, listed: Path, vectors: tuple[GoldenVector, ...]
) -> Run:
    outcome = bench.run(release, processor, program, listed)
    limit = LIMITS[processor.machine]
    verdict = judge(outcome, _expected(vectors), limit=limit)
    died = verdict == "died"
    return Run(
        release=release.name,
        processor=processor.name,
        machine=processor.machine,
        engine=ENGINES[bench.main],
        verdict=verdict,
        vectors=len(outcome.probabilities),
        largest_difference=None if died else largest_difference(outcome.probabilities, _expected(vectors)),
        spread=None if died else spread(outcome.probabilities),
        limit=limit,
        died_of=cause(outcome, describe(release, processor.machine)) if died else None,
    )


def _expected(vectors: tuple[GoldenVector, ...]) -> list[tuple[float, ...]]:
    return [vector.probabilities for vector in vectors]


def _app_jars(app: Path | None) -> list[Path]:
    """The classes of the app and of core, and what they need."""
    if app is None:
        return []
    listed = app / "classpath.txt"
    if not listed.exists():
        raise MissingToolError(f"{listed} is not there: run `make apk` first")
    needed = [Path(part) for part in listed.read_text(encoding="utf-8").strip().split(":")]
    return [app / "app.jar", app / "core.jar", *needed]


def _list(vectors: tuple[GoldenVector, ...], bundle: Bundle, path: Path) -> Path:
    lines = [" ".join(map(str, (bundle.folder.resolve() / vector.photo, *vector.answers))) for vector in vectors]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _damaged(bundle: Bundle, folder: Path) -> Path:
    """The control: the same program with a few other weights, so that it still answers, but not as it did."""
    folder.mkdir(exist_ok=True)
    program = bytearray(bundle.program_bytes())
    start = len(program) * 3 // 10
    for at in range(start, start + _DAMAGED_BYTES):
        program[at] ^= 0x55
    path = folder / bundle.program_path.name
    path.write_bytes(program)
    (folder / "contract.json").write_bytes(bundle.read("contract.json"))
    return path


if __name__ == "__main__":
    sys.exit(main())
