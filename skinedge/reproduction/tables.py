"""`skinedge reproduce`: trains the cells of the tables one by one, and writes the report even where it is stopped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skinedge.datasets.pad_ufes_20 import DataSet, read_pad_ufes_20
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ConfigError
from skinedge.evaluation.figures import draw_figures
from skinedge.models.backbones import BACKBONES
from skinedge.models.upscalers import NetworkTarget
from skinedge.progress import track
from skinedge.reproduction.grid import PROTOCOLS, TABLES, Cell, Preset, cells
from skinedge.reproduction.pictures import draw_embeddings, draw_reconstruction
from skinedge.reproduction.report import FIGURES, predictions_of, write_report
from skinedge.reproduction.run import Bench, read_cell, run_cell, tensors_of
from skinedge.training.folder import alone_in
from skinedge.training.tensors import Tensors
from skinedge.training.upscaler import train_upscaler

SYNTHETIC_PHOTOS = 48
NETWORK_TARGETS: tuple[NetworkTarget, ...] = ("ninasr", "edsr")


def reproduce(
    data: Path | None,
    out: Path,
    *,
    report: Path | None = None,
    tables: Sequence[int] | None,
    preset: Preset,
    weights: Sequence[str],
    sr_weights: Sequence[str],
    epochs: int,
    command: str,
) -> list[Path]:
    """Trains and tests every unfinished cell of the tables.

    Without `data` the lesions are synthetic, and networks for the decoder's targets train for two steps: that shows that
    everything runs, and nothing else.

    Args:
        report: where tables and figures go; None for `out`.

    Returns: the files that were written. Raises: ConfigError for an unknown table, backbone or target.
    """
    wanted = list(dict.fromkeys(tables or TABLES))
    if not set(wanted) <= set(TABLES):
        raise ConfigError(f"--table {', '.join(map(str, wanted))}: expected some of {', '.join(map(str, TABLES))}")
    by_backbone = dict.fromkeys(BACKBONES, "none" if preset == "smoke" else "imagenet") | _pairs(weights, list(BACKBONES))
    by_target = {name: Path(file) for name, file in _pairs(sr_weights, list(NETWORK_TARGETS)).items()}
    for folder in (out, report or out):
        folder.mkdir(parents=True, exist_ok=True)
    with alone_in(out):
        found = read_pad_ufes_20(data if data is not None else _synthetic(out / "synthetic"))
        grid = [(table, cells(table, preset)) for table in wanted]
        if preset == "smoke":
            by_target |= _tiny_upscalers(found, out, {cell.target for _, some in grid for cell in some} - by_target.keys())
        bench = Bench(found, out, report or out, preset, weights=by_backbone, sr_weights=by_target, epochs=epochs)
        every = list(dict.fromkeys(cell for _, some in grid for cell in some))
        tensors = tensors_of(bench, bench.recipe(every[0]))
        try:
            for cell, protocol in track([(cell, protocol) for cell in every for protocol in PROTOCOLS], "cells"):
                run_cell(bench, cell, protocol, tensors)
            figures = _draw(bench, grid, tensors)
        finally:
            # The tables also list the cells that the preset leaves out, as not run.
            all_cells = [(table, list(dict.fromkeys([*some, *cells(table, "paper")]))) for table, some in grid]
            written = write_report(bench, all_cells, command=command)
        return written + figures


def _draw(bench: Bench, grid: list[tuple[int, list[Cell]]], tensors: Tensors) -> list[Path]:
    """Curves and confusion matrices of each table's last cell; embedding and reconstructions, for Table 3."""
    pictures: list[Path] = []
    for cell in dict.fromkeys(some[-1] for _, some in grid):
        for protocol in PROTOCOLS:
            tested = read_cell(bench, cell, protocol)
            if tested is not None:
                folder = bench.report / FIGURES / f"{cell.name}-{protocol}"
                pictures += draw_figures(folder, predictions_of(bench, tested))
    for cells_of_3 in (some for table, some in grid if table == 3):
        pictures.append(draw_embeddings(bench, cells_of_3[0].backbone, tensors))
        pictures += [draw_reconstruction(bench, cell, tensors) for cell in cells_of_3 if cell.target != "none"]
    return pictures


def _pairs(given: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE options. Raises: ConfigError for another form or name."""
    out = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not value or name not in names:
            raise ConfigError(f"got {text!r}, expected NAME=VALUE with a name of {', '.join(names)}")
        out[name] = value
    return out


def _synthetic(folder: Path) -> Path:
    return folder if (folder / "metadata.csv").is_file() else write_synthetic(folder, photos=SYNTHETIC_PHOTOS)


def _tiny_upscalers(data: DataSet, out: Path, targets: set[str]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for target in NETWORK_TARGETS:
        if target in targets:
            files[target] = out / f"{target}.safetensors"
            if not files[target].is_file():
                train_upscaler(data, target, files[target], steps=2, crop_px=32)
    return files
