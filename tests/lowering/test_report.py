"""The page on what was lost: self-contained, with the numbers beside it, and nothing about a single photo."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skinedge.errors import ConfigError
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.parity.comparison import SYNTHETIC, Comparison
from skinedge.lowering.quantization.layer_errors import LayerError
from skinedge.lowering.recipe import load_export_recipe
from skinedge.lowering.report import (
    QuantizationReport,
    Report,
    build_report,
    check_report_place,
    report_path,
    write_report,
)
from tests.fakes import LABELS, contract
from tests.lowering.tiny import quantization

LAYERS = tuple(
    LayerError(
        layer=f"image_encoder.features.{i}.0", block=f"image_encoder.features.{i}", sqnr_db=5.0 + i, cosine=0.9, weights=9
    )
    for i in range(2)
)


def report(*, quantized: bool = True, broken: tuple[str, ...] = ()) -> Report:
    rng = np.random.default_rng(0)
    reference = rng.dirichlet(np.ones(len(LABELS)), 40).astype(np.float32)
    candidate = (0.9 * reference + 0.1 * np.roll(reference, 1, axis=1)).astype(np.float32)
    names = tuple(f"PAT_{i}" for i in range(40))
    photos = Comparison(contract(), reference, candidate, "photos", np.arange(40) % len(LABELS), names=names)
    found = quantization({}, float_blocks=("image_encoder.features.0",)).plan
    return build_report(
        load_export_recipe("android"),
        Lowered({"skinedge.pte": bytes(1000)}),
        [Comparison(contract(), reference, candidate, SYNTHETIC), photos],
        broken,
        QuantizationReport(plan=found, scheme="all", layers=LAYERS, compared_on="8 synthetic lesions")
        if quantized
        else None,
    )


def test_the_page_shows_layers_blocks_and_classes_and_fetches_nothing(tmp_path: Path) -> None:
    path = report_path(tmp_path / "reports", load_export_recipe("android"))
    write_report(report(), path)
    page, numbers = path.read_text(), json.loads(path.with_suffix(".json").read_text())
    assert path.name == "android-int8.html"
    assert page.count("<svg") == 2 and "<script" not in page and "<img" not in page and "http-equiv" in page
    for text in (
        "image_encoder.features.1.0",
        "melanomas referred",
        "Kept in float",
        "8 synthetic lesions",
        "keeps all its limits",
    ):
        assert text in page, text
    assert "PAT_" not in page + path.with_suffix(".json").read_text(), "nothing about a single photo"
    groups = {group["name"]: group for group in numbers["compared"][1]["groups"]}
    assert set(groups) == {*LABELS, "malignant", "benign"} and groups["MEL"]["n"] == 10
    assert [layer["sqnr_db"] for layer in numbers["quantization"]["layers"]] == [5.0, 6.0]


def test_broken_limits_are_on_the_page_and_float_programs_have_no_layers(tmp_path: Path) -> None:
    write_report(report(quantized=False, broken=("decision_agreement 0.5",)), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "no bundle was written" in page and "decision_agreement 0.5" in page and "<svg" not in page


def test_places_that_cannot_hold_a_report_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file").write_text("mine")
    for path, message in ((tmp_path / "folder.html", "it is a folder"), (tmp_path / "file", "it is a file")):
        with pytest.raises(ConfigError, match=message):
            check_report_place(path)
    with pytest.raises(ConfigError, match="--report another place"):
        write_report(report(), tmp_path / "file" / "page.html")
    check_report_place(tmp_path / "new" / "page.html")
