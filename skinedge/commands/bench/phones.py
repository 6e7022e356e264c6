"""`skinedge bench phones`: how fast a bundle is on phones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import GivenBundle
from skinedge.errors import PhoneError
from skinedge.files import check_place


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
    from skinedge.benchmark.tables import terminal_tables

    check_place(out, "--out", "folder")
    settings, faults = load_protocol(protocol), []
    for phone in find_phones(adb, tuple(serial or ())):
        try:
            results, starts = bench_phone(phone, bundle, settings, threads=threads, runner=executor_runner)
        except PhoneError as error:  # the others are measured all the same
            faults.append(error)
            print(error, file=sys.stderr)
            continue
        # A phone on the network is called after its port, and Windows takes no colon in a name.
        results.save(out / f"{phone.serial.replace(':', '-')}.json")
        print(f"{results.device.processor}, {results.device.system}: {len(starts)} runs")
        Console().print(*terminal_tables(results), sep="\n\n")
    if faults:
        raise typer.Exit(1)
