"""`skinedge export --report`: what a program lost against fp32, layer by layer and class by class, as page and numbers.

Statistics only: no photo, and nothing about a single one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup
from matplotlib.axes import Axes

from skinedge import __version__
from skinedge.contract import Frozen
from skinedge.datasets.pad_ufes_20 import CREDIT
from skinedge.errors import ConfigError
from skinedge.evaluation.audit.plots import COOL, INK, WARM, draw_svg
from skinedge.files import write_whole
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.gates import Limits
from skinedge.lowering.parity.comparison import Comparison, Group, Parity
from skinedge.lowering.quantization.layer_errors import LayerError
from skinedge.lowering.quantization.plan import QuantizationPlan, Scheme
from skinedge.lowering.recipe import ExportRecipe
from skinedge.templates import environment

WORST_LAYERS = 20


class Block(Frozen):
    """A part of the network that is in int8 or in float as a whole."""

    name: str
    quantization_error: float
    """Divergence from fp32, in nats, where it alone is in int8."""
    in_float: bool


class Compared(Frozen):
    """A comparison with fp32, and for photos what it means for each class."""

    parity: Parity
    groups: tuple[Group, ...]


class QuantizationReport(Frozen):
    """What int8 was made from, and what it left of each layer."""

    plan: QuantizationPlan
    scheme: Scheme
    layers: tuple[LayerError, ...]
    """The worst first."""
    compared_on: str
    """The inputs on which the layers were compared, in words."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every block, in the order in which they run."""
        floats = self.plan.float_blocks
        return tuple(
            Block(name=name, quantization_error=nats, in_float=name in floats)
            for name, nats in self.plan.quantization_error.items()
        )


class Report(Frozen):
    """What the page shows."""

    skinedge_version: str = __version__
    model_name: str
    target: str
    precision: str
    size_bytes: int
    delegated_share: float | None
    limits: Limits
    broken: tuple[str, ...]
    compared: tuple[Compared, ...]
    quantization: QuantizationReport | None
    """None where nothing is in int8."""
    credit: str = CREDIT
    notice: str


def check_report_place(path: Path) -> None:
    """Raises: ConfigError where a report cannot be written, before the minutes that an export takes."""
    if path.suffix == ".html" and path.is_dir():
        raise ConfigError(f"cannot write {path}: it is a folder; give --report another name")
    if path.suffix != ".html" and path.exists() and not path.is_dir():
        raise ConfigError(f"cannot write into {path}: it is a file; give --report a folder, or a name that ends in .html")


def report_path(path: Path, recipe: ExportRecipe) -> Path:
    """The page of one program: `path` itself where it is a page, or else a page in that folder."""
    return path if path.suffix == ".html" else path / f"{recipe.target}-{recipe.precision}.html"


def build_report(
    recipe: ExportRecipe,
    lowered: Lowered,
    comparisons: Sequence[Comparison],
    broken: Sequence[str],
    quantization: QuantizationReport | None,
) -> Report:
    """Gathers a report; `quantization` is of int8 programs only."""
    contract = comparisons[0].contract
    return Report(
        model_name=contract.model_name,
        target=recipe.target,
        precision=recipe.precision,
        size_bytes=lowered.size_bytes,
        delegated_share=lowered.delegated_share,
        limits=recipe.limits[recipe.precision],
        broken=tuple(broken),
        compared=tuple(Compared(parity=each.parity(), groups=tuple(each.groups())) for each in comparisons),
        quantization=quantization,
        notice=contract.notice,
    )


def write_report(report: Report, path: Path) -> None:
    """Writes the page, and the numbers as JSON beside it. Raises: ConfigError where they cannot be written there."""
    try:
        write_whole(path, page_html(report))
        write_whole(path.with_suffix(".json"), report.model_dump_json(indent=1) + "\n")
    except (FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}; give --report another place") from None


def page_html(report: Report) -> str:
    """The page as HTML text: no script, nothing fetched."""
    templates = environment("skinedge.lowering")
    templates.filters |= {"share": "{:.1%}".format, "change": _change}
    quantization = report.quantization
    return templates.get_template("report.html.jinja").render(
        report=report,
        layers_picture=_layers_picture(quantization) if quantization else None,
        blocks_picture=_blocks_picture(quantization.blocks) if quantization else None,
        worst=WORST_LAYERS,
    )


def _layers_picture(quantization: QuantizationReport) -> Markup:
    layers = quantization.layers[:WORST_LAYERS]

    def draw(axes: Axes) -> None:
        colours = [COOL if layer.block in quantization.plan.float_blocks else WARM for layer in layers]
        # A layer that is nothing but noise lies below zero, where there is no bar to draw.
        lengths = [max(layer.sqnr_db, 0.0) for layer in layers]
        axes.barh([layer.layer for layer in layers], lengths, color=colours, height=0.6)
        for row, (layer, length) in enumerate(zip(layers, lengths, strict=True)):
            axes.text(length + 0.2, row, f"{layer.sqnr_db:.1f} dB, cosine {layer.cosine:.4f}", va="center")
        axes.set_xlim(0, max(10.0, 1.35 * max(lengths)))
        axes.set_xlabel("signal to quantization noise, dB: less is worse")

    return draw_svg(draw, rows=len(layers))


def _blocks_picture(blocks: Sequence[Block]) -> Markup:
    def draw(axes: Axes) -> None:
        least = max(min(block.quantization_error for block in blocks), 1e-8)
        colours = [COOL if block.in_float else WARM for block in blocks]
        axes.barh(
            [block.name for block in blocks],
            [max(block.quantization_error, least) for block in blocks],
            color=colours,
            height=0.6,
        )
        for row, block in enumerate(blocks):
            label = f"{block.quantization_error:.1e}" + (", stays in float" if block.in_float else "")
            axes.text(max(block.quantization_error, least) * 1.1, row, label, va="center", color=INK)
        axes.set_xscale("log")
        axes.set_xlim(least / 2, 60 * max(block.quantization_error for block in blocks))
        axes.set_xlabel("divergence from fp32 where this block alone is int8, nats")

    return draw_svg(draw, rows=len(blocks))


def _change(value: float | None) -> str:
    return "–" if value is None else f"{value:+.4f}"
