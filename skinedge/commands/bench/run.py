"""`skinedge bench run`: how fast and how big bundles are on this computer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import need_extra
from skinedge.files import check_place


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
    if baselines:
        need_extra("bench", "executorch", "cv2", "onnxscript")
    check_place(out, "--out")
    check_place(work, "--work", "folder")
    from rich.console import Console

    from skinedge.benchmark.protocol import load_protocol
    from skinedge.benchmark.run import bench, candidates
    from skinedge.benchmark.tables import terminal_tables
    from skinedge.default_model import default_checkpoint

    settings = load_protocol(protocol)
    if rounds:
        settings = settings.model_copy(update={"rounds": max(2, rounds)})
    entrants = candidates(bundles, work, checkpoint=default_checkpoint() if baselines else None, with_baselines=baselines)
    results = bench(settings, entrants, work)
    results.save(out)
    Console().print(*terminal_tables(results), sep="\n\n")
