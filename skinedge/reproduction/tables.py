"""`skinedge reproduce`: trains the cells of the tables one by one, and reports on what is done, stopped or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skinedge.data.pad_ufes_20 import DataSet, read_pad_ufes_20
from skinedge.data.synthetic import write_synthetic
from skinedge.errors import ConfigError
from skinedge.evaluation.figures import draw_figures
from skinedge.models.backbones import BACKBONES
from skinedge.models.upscalers import NetworkTarget
from skinedge.progress import track
from skinedge.reproduction.grid import PROTOCOLS, TABLES, Preset, cells
from skinedge.reproduction.pictures import draw_embeddings, draw_redrawn
from skinedge.reproduction.report import predictions_of, write_report
from skinedge.reproduction.run import Bench, read_cell, run_cell, tensors_of
from skinedge.training.upscaler import train_upscaler

DRAWN_PHOTOS = 48
NETWORK_TARGETS: tuple[NetworkTarget, ...] = ("ninasr", "edsr")


def reproduce(
    data: Path | None,
    out: Path,
    *,
    tables: Sequence[int] | None,
    preset: Preset,
    weights: Sequence[str],
    sr_weights: Sequence[str],
    epochs: int,
    command: str,
) -> list[Path]:
    """Trains and tests every cell of the tables that is not done yet.

    Without `data` lesions are drawn, and networks for the decoder's targets are trained for two steps: that shows that
    everything runs, and nothing else.

    Returns: the files that were written. Raises: ConfigError for an unknown table, backbone or target.
    """
    wanted = list(dict.fromkeys(tables or TABLES))
    if not set(wanted) <= set(TABLES):
        raise ConfigError(f"--table {', '.join(map(str, wanted))}: expected some of {', '.join(map(str, TABLES))}")
    by_backbone = dict.fromkeys(BACKBONES, "none" if preset == "smoke" else "imagenet") | _pairs(weights, list(BACKBONES))
    by_target = {name: Path(file) for name, file in _pairs(sr_weights, list(NETWORK_TARGETS)).items()}
    out.mkdir(parents=True, exist_ok=True)
    found = read_pad_ufes_20(data if data is not None else _drawn(out / "drawn"))
    grid = [(table, cells(table, preset)) for table in wanted]
    if preset == "smoke":
        by_target |= _tiny_upscalers(found, out, {cell.target for _, some in grid for cell in some} - by_target.keys())
    bench = Bench(found, out, preset, weights=by_backbone, sr_weights=by_target, epochs=epochs)
    every = list(dict.fromkeys(cell for _, some in grid for cell in some))
    tensors = tensors_of(bench, bench.recipe(every[0]))
    try:
        for cell, protocol in track([(cell, protocol) for cell in every for protocol in PROTOCOLS], "cells"):
            run_cell(bench, cell, protocol, tensors)
    finally:
        written = write_report(bench, grid, command=command)
    for cell in dict.fromkeys(some[-1] if table != 3 else some[1] for table, some in grid):
        for protocol in PROTOCOLS:
            tested = read_cell(bench, cell, protocol)
            if tested is not None:
                written += draw_figures(out / "figures" / f"{cell.name}-{protocol}", predictions_of(bench, tested))
    if any(table == 3 for table, _ in grid):
        third = next(some for table, some in grid if table == 3)
        written.append(draw_embeddings(bench, third[0].backbone, tensors))
        written += [draw_redrawn(bench, cell, tensors) for cell in third if cell.target != "none"]
    return written


def _pairs(given: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE options. Raises: ConfigError for another form or name."""
    out = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not value or name not in names:
            raise ConfigError(f"got {text!r}, expected NAME=VALUE with a name of {', '.join(names)}")
        out[name] = value
    return out


def _drawn(folder: Path) -> Path:
    return folder if (folder / "metadata.csv").is_file() else write_synthetic(folder, photos=DRAWN_PHOTOS)


def _tiny_upscalers(data: DataSet, out: Path, targets: set[str]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for target in NETWORK_TARGETS:
        if target in targets:
            files[target] = out / f"{target}.safetensors"
            if not files[target].is_file():
                train_upscaler(data, target, files[target], steps=2, crop_px=32)
    return files
