"""For those who measure: how fast, how big, and whether that changed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skinedge.commands.options import DEFAULT_CHECKPOINT, AsJson, Data, GivenBundle, need_extra
from skinedge.errors import PhoneError

if TYPE_CHECKING:
    from rich.table import Table


def run(
    bundles: Annotated[list[Path], typer.Argument(metavar="BUNDLE...", help="Folders that skinedge export wrote.")],
    out: Annotated[Path, typer.Option(help="Results, as JSON.", metavar="FILE")],
    protocol: Annotated[Path | None, typer.Option(help="Instead of benchmarks/protocol.toml.", metavar="TOML")] = None,
    rounds: Annotated[int, typer.Option(help="Instead of the protocol's; 0 keeps it.", min=0)] = 0,
    baselines: Annotated[bool, typer.Option(help="Also measure what people would use instead.")] = True,
    work: Annotated[Path, typer.Option(help="Where baselines and the photo are kept.", metavar="FOLDER")] = Path(
        "build/bench"
    ),
) -> None:
    """Measures bundles on this computer, interleaved, and writes every sample.

    \b
    Example:
      skinedge bench run build/android build/onnx --out results.json
    """
    need_extra("dev", "executorch", "cv2")
    from rich.console import Console

    from skinedge.benchmark.protocol import load_protocol
    from skinedge.benchmark.run import bench, candidates
    from skinedge.benchmark.tables import rows

    settings = load_protocol(protocol)
    if rounds:
        settings = settings.model_copy(update={"rounds": max(2, rounds)})
    entrants = candidates(bundles, work, checkpoint=DEFAULT_CHECKPOINT if baselines else None, with_rivals=baselines)
    results = bench(settings, entrants, work)
    results.save(out)
    Console().print(_table(rows(results)))


def phones(
    bundle: GivenBundle,
    out: Annotated[Path, typer.Option(help="Folder for results, a file a phone.", metavar="FOLDER")],
    serial: Annotated[
        list[str] | None, typer.Option(help="A phone; may be given again.", show_default="all that adb finds")
    ] = None,
    adb: Annotated[Path, typer.Option(help="Android's adb.", metavar="FILE")] = Path("adb"),
    threads: Annotated[int, typer.Option(help="Threads on the phone.", min=1)] = 1,
    protocol: Annotated[Path | None, typer.Option(help="Instead of benchmarks/protocol.toml.", metavar="TOML")] = None,
    executor_runner: Annotated[
        Path | None, typer.Option(help="ExecuTorch's, built for the phones, instead of the SkinEdge app.", metavar="FILE")
    ] = None,
) -> None:
    """Measures a bundle on phones, by USB, until the answer is clear enough.

    The phones have the SkinEdge app, which measures from the photo's file on; or they are given an executor_runner, which
    measures the program alone.

    \b
    Example:
      skinedge bench phones build/android --out results
      skinedge bench phones build/android --executor-runner cmake-out-android/executor_runner --out results
    """
    from rich.console import Console

    from skinedge.benchmark.adb import find_phones
    from skinedge.benchmark.phones import bench_phone
    from skinedge.benchmark.protocol import load_protocol
    from skinedge.benchmark.tables import rows

    settings, faults = load_protocol(protocol), []
    for phone in find_phones(adb, tuple(serial or ())):
        try:
            results, starts = bench_phone(phone, bundle, settings, threads=threads, runner=executor_runner)
        except PhoneError as error:  # the others are measured all the same
            faults.append(error)
            print(error, file=sys.stderr)
            continue
        results.save(out / f"{phone.serial}.json")
        print(f"{results.device.processor}, {results.device.system}: {len(starts)} runs")
        Console().print(_table(rows(results)))
    if faults:
        raise typer.Exit(1)


def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="Results of skinedge bench.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Results of skinedge bench, later or elsewhere.")],
    reference: Annotated[
        str | None, typer.Option(help="What both are held against.", show_default="a baseline that both measured")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Says what became slower or faster from A to B; ends with exit code 1 where something became slower.

    \b
    Example:
      skinedge bench compare last-week.json results.json
    """
    from rich.console import Console

    from skinedge.benchmark.comparison import compare as run
    from skinedge.benchmark.results import Results
    from skinedge.benchmark.tables import change_rows

    used, changes = run(Results.load(before), Results.load(after), reference=reference)
    if as_json:
        print(json.dumps({"reference": used, "changes": [change.model_dump() for change in changes]}))
    else:
        Console().print(_table(change_rows(changes)))
        print(
            f"In units of {used}, measured in the same rounds." if used else "No reference: a busier machine looks slower."
        )
    if any(change.verdict == "slower" for change in changes):
        raise typer.Exit(1)


def tables(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Results of skinedge bench.")],
    picture: Annotated[Path | None, typer.Option(help="Also draw latency, agreement and size.", metavar="SVG")] = None,
) -> None:
    """Prints a measurement as a Markdown table, and draws it.

    \b
    Example:
      skinedge bench tables results.json --picture results.svg
    """
    from skinedge.benchmark.results import Results
    from skinedge.benchmark.tables import markdown, measured_on, rows

    found = Results.load(results)
    print(f"{measured_on(found)}\n\n{markdown(rows(found))}")
    if picture is not None:
        need_extra("train", "matplotlib")
        from skinedge.benchmark.picture import draw

        draw(found, picture)


def training(
    data: Data,
    out: Annotated[Path, typer.Option(help="Results, as JSON.", metavar="FILE")],
    recipe: Annotated[str, typer.Option(help="edge, paper, or a TOML file.")] = "edge",
    epochs: Annotated[int, typer.Option(help="Of each loop, in turns.", min=2)] = 3,
    photos: Annotated[int, typer.Option(help="How many photos an epoch has at most.", min=32)] = 256,
    workers: Annotated[int, typer.Option(help="Processes that decode for the plain loop.", min=0)] = 2,
) -> None:
    """Measures images a second in training, ours against a plain loop that decodes and changes each photo each time.

    \b
    Example:
      skinedge bench training --data pad-ufes-20 --out training.json
    """
    need_extra("train", "lightning")
    from skinedge.benchmark.training_speed import measure, save
    from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
    from skinedge.training.recipe import load_recipe

    speed = measure(read_pad_ufes_20(data), load_recipe(recipe), epochs=epochs, photos=photos, workers=workers)
    save(speed, out)
    times = speed.times_as_fast
    print(
        f"{speed.photos} photos at {speed.side_px} px: {max(speed.ours):.1f} images a second, a plain loop "
        f"{max(speed.plain):.1f}; {times.value:.2f} times as fast ({times.low:.2f} to {times.high:.2f}), after "
        f"{speed.reading_s:.1f} s of reading"
    )


def _table(lines: list[list[str]]) -> Table:
    from rich.table import Table

    table = Table(*lines[0])
    for line in lines[1:]:
        table.add_row(*line)
    return table
