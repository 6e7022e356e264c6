"""The card and its pictures: all from the run, nobody named, no link to nowhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.evaluation.card import CARD_FILE, EVALUATION_FILE, bundle_card, card_markdown, save_card
from skinedge.evaluation.figures import FIGURES, draw_figures
from skinedge.evaluation.out_of_fold import OutOfFold
from skinedge.evaluation.report import Report, report
from skinedge.evaluation.run_folder import Run
from skinedge.training.recipe import load_recipe

LARGEST_BYTES = 60_000


@pytest.fixture(scope="module")
def saved(
    measured: Report, tested: OutOfFold, contract: Contract, data: DataSet, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("card")
    save_card(folder, measured, tested.predictions(contract, data))
    return folder


def test_pictures_are_small_and_the_card_shows_them_all(saved: Path) -> None:
    card = (saved / CARD_FILE).read_text()
    linked = re.findall(r"\]\(([^)]+)\)", card)
    assert linked == [f"figures/{name}.png" for name in FIGURES]
    for path in linked:
        assert 1_000 < (saved / path).stat().st_size < LARGEST_BYTES
        with Image.open(saved / path) as picture:
            assert min(picture.size) > 300 and not picture.info.get("Software")
    assert len(list((saved / "figures").iterdir())) == len(FIGURES)


def test_the_card_of_a_bundle_links_to_nothing(saved: Path, tmp_path: Path) -> None:
    whole, bundled = (saved / CARD_FILE).read_text(), bundle_card(saved)
    assert "](" not in bundled and bundled.endswith("Beside the card of the checkpoint.\n")
    assert bundled.split("## Figures")[0] == whole.split("## Figures")[0]
    (tmp_path / CARD_FILE).write_text("# An older card\n")
    assert bundle_card(tmp_path) == "# An older card\n"


def test_nobody_is_named(saved: Path, data: DataSet) -> None:
    for file in (CARD_FILE, EVALUATION_FILE):
        text = (saved / file).read_text()
        assert "PAT_" not in text
        assert not [record.image_id for record in data.records if record.image_id in text]


def test_numbers_in_the_card_are_those_of_the_run(saved: Path, measured: Report) -> None:
    card, found = (saved / CARD_FILE).read_text(), measured.results
    assert found is not None
    point = found.operating_points[0]
    assert point.specificity.value is not None and point.sensitivity.value is not None
    assert f"| 90% | {point.threshold:.3f} | {100 * point.sensitivity.value:.1f} % (" in card
    assert "AURC | 100% kept" in card and f"| first answer | {found.risk_coverage[0].aurc.value:.3f} (" in card
    cohort = measured.cohort
    assert f"Biopsied: {cohort.malignant.biopsied} of {cohort.malignant.photos} malignant" in card
    assert f"Histopathology (biopsied) for {cohort.everyone.biopsied / 240:.0%} of all photos" in card
    assert f"for {240 - cohort.unanswered['fitzpatrick_type'].photos} of 240 photos" in card
    for group in found.subgroups:
        row = f"| {group.kind} | {group.name} | " + (f"{group.figures.photos} | " if group.figures else "too few |  |")
        assert row in card
    machine = json.loads((saved / EVALUATION_FILE).read_text())
    assert machine["split"] == "grouped" and machine["metrics"]["n"] == 240
    assert machine["operating_points"][0]["specificity"]["value"] == pytest.approx(point.specificity.value)


def test_protocol_checklists_and_every_setting_are_there(measured: Report) -> None:
    card = card_markdown(measured)
    assert "were chosen on the other folds" in card
    assert f"Temperature {measured.contract.temperature:.3f}; refer threshold {measured.contract.refer.value:.3f}" in card
    for head in ("Intended use", "Out of scope", "Limitations", "CLEAR Derm", "TRIPOD+AI"):
        assert f"\n## {head}\n" in card
    for item in ("Lighting", "Artefacts", "Skin tone labels", "Label source", "Image quality", "11 Missing data"):
        assert re.search(rf"^\| {item}[^|]*\| [^|]{{10,}} \|$", card, re.MULTILINE), item
    for name in load_recipe("edge").model_dump():
        assert f"`{name}" in card, name
    heads = re.findall(r"^## (.+)$", card, re.MULTILINE)
    assert len(set(heads)) == len(heads) and heads[-1] == "Figures"
    assert not re.search(r"^\|.*\n\|.*\n(?!\||$)", card, re.MULTILINE), "a table that runs into text"


def test_a_model_that_was_not_tested_says_so(contract: Contract, data: DataSet, tmp_path: Path) -> None:
    run = Run(split="none", command="x", made_with={})
    measured = report(contract, load_recipe("edge").model_dump(mode="json"), run, data, None)
    save_card(tmp_path, measured, None)
    card = (tmp_path / CARD_FILE).read_text()
    assert "Nothing was tested" in card and "nothing was tested |" in card
    assert "](" not in card and "sensitivity of" not in card and "## By group" not in card
    assert not (tmp_path / "figures").exists()
    assert json.loads((tmp_path / EVALUATION_FILE).read_text())["metrics"] is None


def test_a_threshold_chosen_on_what_it_is_measured_on_is_called_too_good(
    tested: OutOfFold, contract: Contract, data: DataSet, measured: Report
) -> None:
    assert measured.results is not None
    one = measured.results.model_copy(update={"fold_temperatures": (1.0,), "fold_thresholds": (0.4,)})
    run = measured.run.model_copy(update={"split": "pundhir2022"})
    card = card_markdown(measured.model_copy(update={"results": one, "run": run}))
    assert "It leaks" in card and "what was reached is too good" in card and "on the other folds" not in card


def test_pictures_are_drawn_of_classes_that_are_absent_and_of_one_alone(
    tested: OutOfFold, contract: Contract, data: DataSet, tmp_path: Path
) -> None:
    p = tested.predictions(contract, data)
    for labels in (np.full(240, 3), np.where(np.arange(240) % 2, 0, 1)):
        assert len(draw_figures(tmp_path, replace(p, labels=labels), bootstrap_rounds=10)) == len(FIGURES)
