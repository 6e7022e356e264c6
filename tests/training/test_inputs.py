"""A run goes on from its own inputs alone, and its fold models are asked about patients that they never saw."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from skinedge.datasets.pad_ufes_20 import DataSet, patient_ids, read_pad_ufes_20
from skinedge.datasets.splits import FOLDS, grouped_folds
from skinedge.datasets.synthetic import write_synthetic
from skinedge.errors import ConfigError, DataError
from skinedge.evaluation.open_models import open_model, open_models
from skinedge.evaluation.out_of_fold import OUT_OF_FOLD_FILE, OutOfFold
from skinedge.evaluation.predict import Model, predict
from skinedge.evaluation.protocols import evaluate
from skinedge.evaluation.run_folder import CHECKPOINT
from skinedge.evaluation.run_inputs import INPUTS_FILE, RunInputs
from skinedge.models.checkpoint import WEIGHTS_FILE
from skinedge.training.module import LesionModule
from skinedge.training.recipe import Recipe, load_recipe
from skinedge.training.run import train
from tests.conftest import Command
from tests.training import ONE_NETWORK


def tiny(**changes: object) -> Recipe:
    small = {"side_px": 64, "low_side_epochs": 0, "epochs": 1, "batch_size": 8, "frozen_blocks": 0, "answers_weight": 0}
    return load_recipe("edge").changed(**small | ONE_NETWORK | {"sr_target": "none"} | changes)


def run(folder: Path, out: Path, **changes: object) -> None:
    train(read_pad_ufes_20(folder), tiny(**changes), out, split="grouped", weights="none")


@pytest.fixture(scope="module")
def lesions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("lesions") / "data", photos=30, side_px=104)


@pytest.fixture(scope="module")
def grouped(lesions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("grouped") / "run"
    run(lesions, out)
    return out


@pytest.fixture
def folder(lesions: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    shutil.copytree(lesions, tmp_path / "data")
    return tmp_path / "data"


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "metadata.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(folder: Path, rows: list[dict[str, str]]) -> None:
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def withdraw(folder: Path, patient: str) -> int:
    """Takes a patient's rows and photos away. Returns how many."""
    rows = rows_of(folder)
    kept = [row for row in rows if row["patient_id"] != patient]
    write_rows(folder, kept)
    for row in rows:
        if row["patient_id"] == patient:
            next((folder / "images").glob(f"{Path(row['img_id']).stem}.*")).unlink()
    return len(rows) - len(kept)


def change_a_row(folder: Path) -> None:
    rows = rows_of(folder)
    rows[3]["age"] = "33" if rows[3]["age"] != "33" else "34"
    write_rows(folder, rows)


def change_a_photo(folder: Path) -> None:
    photo = sorted((folder / "images").iterdir())[0]
    with Image.open(photo) as image:
        turned = image.transpose(Image.Transpose.ROTATE_180)
    turned.save(photo)


CHANGED: dict[str, tuple[Any, dict[str, object], str]] = {
    "a row": (change_a_row, {}, "1 of 30 rows of the metadata changed or went, 1 are new"),
    "a photo": (change_a_photo, {}, "1 of 30 photos changed or went, 1 are new"),
    "the order": (lambda folder: write_rows(folder, rows_of(folder)[::-1]), {}, "rows of the metadata are in another order"),
    "the recipe": (lambda folder: None, {"learning_rate": 0.5}, r"learning_rate was 0\.001, is 0\.5"),
    "a patient": (lambda folder: withdraw(folder, rows_of(folder)[0]["patient_id"]), {}, "changed or went, 0 are new"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_run_does_not_go_on_from_other_inputs(what: str, grouped: Path, folder: Path) -> None:
    change, settings, says = CHANGED[what]
    change(folder)
    before = (grouped / CHECKPOINT / "contract.json").read_bytes()
    with pytest.raises(ConfigError, match=rf"other settings or data \(.*{says}.*give another --out") as error:
        run(folder, grouped, **settings)
    assert "\n" not in str(error.value)
    assert (grouped / CHECKPOINT / "contract.json").read_bytes() == before


def test_a_finished_run_is_left_alone_and_mended_where_it_is_damaged(
    grouped: Path, lesions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    shutil.copytree(grouped, out)
    (out / CHECKPOINT / "quantization.json").write_text("calibrated since")
    monkeypatch.setattr(LesionModule, "training_step", lambda *_: pytest.fail("trained again"))
    run(lesions, out)
    assert (out / CHECKPOINT / "quantization.json").read_text() == "calibrated since"
    weights = out / "fold3" / CHECKPOINT / WEIGHTS_FILE
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    run(lesions, out)
    assert weights.read_bytes() == whole


def test_a_withdrawn_patient_leaves_the_others_in_their_folds(
    grouped: Path, folder: Path, lesions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = read_pad_ufes_20(lesions)
    before = dict(zip(patient_ids(data.with_photos()), grouped_folds(data.with_photos()).tolist(), strict=True))
    # One whose withdrawal would deal the others anew.
    for patient in before:
        left = tuple(record for record in data.with_photos() if record.patient_id != patient)
        anew = dict(zip(patient_ids(left), grouped_folds(left).tolist(), strict=True))
        if any(before[one] != fold for one, fold in anew.items()):
            break
    else:
        pytest.fail("no patient's withdrawal would move another")
    gone = withdraw(folder, patient)

    asked: dict[str, int] = {}
    models = open_models(grouped)

    def watched(model: Model, records: Any, **options: Any) -> Any:
        asked.update({record.patient_id: models.index(model) for record in records})
        return predict(model, records, **options)

    monkeypatch.setattr("skinedge.evaluation.protocols.predict", watched)
    measured = evaluate(models, read_pad_ufes_20(folder), "grouped")
    assert measured.n == 30 - gone and not measured.seen_in_training
    assert asked == {one: fold for one, fold in before.items() if one != patient}


def test_fold_models_are_not_asked_about_patients_that_their_run_does_not_know(
    grouped: Path, folder: Path, tmp_path: Path
) -> None:
    rows = rows_of(folder)
    rows[0]["patient_id"] += "_other"
    write_rows(folder, rows)
    with pytest.raises(DataError, match="1 photos are of 1 patients whom this run has in none of its folds"):
        evaluate(open_models(grouped), read_pad_ufes_20(folder), "grouped")
    other = write_synthetic(tmp_path / "other", photos=30, seed=9, side_px=104)
    with pytest.raises(ConfigError, match="the data they were made from"):
        evaluate(open_models(grouped), read_pad_ufes_20(other), "grouped")


def test_a_model_knows_the_rows_that_it_was_trained_on_in_a_data_set_that_changed_since(
    grouped: Path, folder: Path, tmp_path: Path
) -> None:
    model = open_model(grouped / CHECKPOINT)
    withdraw(folder, rows_of(folder)[0]["patient_id"])
    assert model.was_trained_on(read_pad_ufes_20(folder))
    assert not model.was_trained_on(read_pad_ufes_20(write_synthetic(tmp_path / "other", photos=12, seed=9, side_px=104)))


def test_abstain_and_card_take_no_other_data(grouped: Path, folder: Path, skinedge: Command) -> None:
    change_a_row(folder)
    for command in (["abstain", grouped], ["card", grouped]):
        code, printed, err = skinedge(*command, "--data", folder)
        assert (code, printed) == (1, "") and "this run was not made from the data set in" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"weights": "0" * 64}, "the weights to start from changed"),
        ({"teachers": ("0" * 64,)}, "the teachers changed"),
        ({"split": "none"}, "the split was grouped, is none"),
        ({"split_file": "0" * 64}, "the file of the split changed"),
        ({"made_with": {"torch": "9.0"}}, "torch was 2.* is 9.0"),
        ({"photos": None}, "^$"),
        ({"tested_in": {}}, "^$"),
    ],
)
def test_what_else_changed_is_named(grouped: Path, change: dict[str, object], says: str) -> None:
    inputs = RunInputs.load(grouped)
    assert inputs is not None and inputs.changes(inputs) == ""
    assert re.search(says, inputs.model_copy(update=change).changes(inputs))


def test_a_run_of_an_earlier_version_is_not_resumed(grouped: Path, lesions: Path, tmp_path: Path) -> None:
    shutil.copytree(grouped, tmp_path / "run")
    (tmp_path / "run" / INPUTS_FILE).unlink()
    with pytest.raises(ConfigError, match="a run of an earlier version, which did not record its data"):
        run(lesions, tmp_path / "run")


def test_what_a_run_records_names_nobody(grouped: Path, lesions: Path) -> None:
    text = (grouped / INPUTS_FILE).read_text()
    assert "PAT_" not in text and str(lesions) not in text
    inputs = RunInputs.load(grouped)
    assert inputs is not None and inputs.photos is not None and len(inputs.rows) == len(inputs.photos) == 30
    data: DataSet = read_pad_ufes_20(lesions)
    kept = OutOfFold.load(grouped / OUT_OF_FOLD_FILE)
    assert (inputs.folds_of(data.with_photos())[kept.rows] == kept.folds).all() and set(kept.folds) == set(range(FOLDS))
