"""The synthetic data set: its layout, its difficulties, and whether a label can be learnt from the pictures."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.ensemble import RandomForestClassifier

from skinedge.datasets.synthetic import CSV_COLUMNS, SPLIT_FILE, draw_lesion, write_synthetic
from skinedge.errors import AnswerError, ConfigError, DataError
from skinedge.questionnaire import ALWAYS_ASKED, COLUMNS, LABELS, MALIGNANT

OFFICIAL_HEADER = (
    "patient_id,lesion_id,smoke,drink,background_father,background_mother,age,pesticide,gender,skin_cancer_history,"
    "cancer_history,has_piped_water,has_sewage_system,fitspatrick,region,diameter_1,diameter_2,diagnostic,itch,grew,"
    "hurt,changed,bleed,elevation,img_id,biopsed"
)
MISSING_TOGETHER = [column for column, field in COLUMNS.items() if field.name not in ALWAYS_ASKED]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def opened(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("synthetic"), photos=400, seed=3, side_px=32)


def test_header_is_the_official_one(folder: Path) -> None:
    assert (folder / "metadata.csv").read_text(encoding="utf-8").splitlines()[0] == OFFICIAL_HEADER
    assert ",".join(CSV_COLUMNS) == OFFICIAL_HEADER


def test_every_row_has_a_photo_of_the_asked_size_and_a_part(folder: Path) -> None:
    rows = read(folder / "metadata.csv")
    stems = {Path(row["img_id"]).stem for row in rows}
    assert len(rows) == len(stems) == 400
    assert {row["img_id"][-4:] for row in rows} == {".png"}
    assert {path.stem for path in (folder / "images").iterdir()} == stems
    assert {opened(path).shape for path in (folder / "images").iterdir()} == {(32, 32, 3)}
    parts = Counter(row["part"] for row in read(folder / SPLIT_FILE))
    assert sorted(parts) == ["fold1", "fold2", "fold3", "fold4", "fold5", "test"]
    assert max(parts.values()) - min(parts.values()) <= 1


def test_answers_are_ones_that_the_questionnaire_takes(folder: Path) -> None:
    for row in read(folder / "metadata.csv"):
        for column, field in COLUMNS.items():
            try:
                field.encode(row[column])
            except AnswerError:
                assert row[column] == "BRASIL"


def test_thirteen_answers_are_missing_together_and_never_for_malignant_lesions(folder: Path) -> None:
    rows = read(folder / "metadata.csv")
    assert len(MISSING_TOGETHER) == 13
    assert {sum(row[column] == "" for column in MISSING_TOGETHER) for row in rows} == {0, 13}
    without = [row for row in rows if row["smoke"] == ""]
    assert 0.25 < len(without) / len(rows) < 0.45
    assert not {row["diagnostic"] for row in without} & set(MALIGNANT)
    assert {row["biopsed"] for row in without} == {"False"}


def test_some_answers_are_unknown_and_only_where_the_published_ones_are(folder: Path) -> None:
    rows = read(folder / "metadata.csv")
    unknown = {column for row in rows for column, text in row.items() if text == "UNK"}
    assert unknown == {"grew", "changed", "background_father", "background_mother"}


def test_patients_have_two_lesions_and_lesions_two_photos(folder: Path) -> None:
    lesions, photos = defaultdict(set), Counter[tuple[str, str]]()
    for row in read(folder / "metadata.csv"):
        lesions[row["patient_id"]].add(row["lesion_id"])
        photos[row["patient_id"], row["lesion_id"]] += 1
    assert {len(ids) for ids in lesions.values()} == {1, 2}
    assert len({lesion for _, lesion in photos}) < len(photos)
    assert set(photos.values()) == {1, 2}


def test_what_is_true_of_a_person_is_the_same_in_all_their_rows(folder: Path) -> None:
    facts_of = defaultdict(set)
    for row in read(folder / "metadata.csv"):
        if row["smoke"]:
            facts_of[row["patient_id"]].add((row["gender"], row["fitspatrick"], row["age"], row["smoke"]))
    assert {len(facts) for facts in facts_of.values()} == {1}


@pytest.mark.parametrize("photos", [6, 7, 24])
def test_small_data_sets_have_every_label(tmp_path: Path, photos: int) -> None:
    rows = read(write_synthetic(tmp_path / "small", photos=photos, side_px=16) / "metadata.csv")
    assert len(rows) == photos
    assert {row["diagnostic"] for row in rows} == set(LABELS)


def test_seed_decides_every_byte(tmp_path: Path) -> None:
    def written(name: str, seed: int) -> dict[str, bytes]:
        made = write_synthetic(tmp_path / name, photos=8, seed=seed, side_px=24, suffix=".png")
        return {str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*") if path.is_file()}

    first = written("first", 1)
    assert first == written("again", 1)
    assert first["metadata.csv"] != written("other", 2)["metadata.csv"]
    assert sum(name.endswith(".png") for name in first) == 8


def test_two_photos_of_a_lesion_differ_but_show_the_same_one(folder: Path) -> None:
    by_lesion = defaultdict(list)
    for path in (folder / "images").iterdir():
        by_lesion[path.stem.rsplit("_", 1)[0]].append(opened(path).mean(axis=(0, 1)))
    pairs = [colours for colours in by_lesion.values() if len(colours) == 2]
    within = np.mean([np.abs(a - b).mean() for a, b in pairs])
    between = np.mean([np.abs(a[0] - b[0]).mean() for a, b in pairwise(pairs)])
    assert 0 < within < between / 2


def test_labels_can_be_learnt_from_the_pictures() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(LABELS)), 24)
    features = np.stack([_summary(draw_lesion(rng, LABELS[k], 48)) for k in labels])
    forest = RandomForestClassifier(100, random_state=0).fit(features[::2], labels[::2])
    # A random guess is right 0.17 of the time.
    assert forest.score(features[1::2], labels[1::2]) > 0.5


def _summary(photo: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Colour of the middle against that of the skin round it."""
    middle, rim = photo[14:34, 14:34].reshape(-1, 3), photo[:6].reshape(-1, 3)
    ratio = middle / rim.mean(axis=0)
    return np.concatenate([ratio.mean(axis=0), ratio.std(axis=0), np.percentile(ratio, [5, 50, 95], axis=0).ravel()])


@pytest.mark.parametrize("label", LABELS)
def test_a_lesion_depends_on_the_generator_only(label: str) -> None:
    first, again, other = (draw_lesion(np.random.default_rng(seed), label, 40) for seed in (5, 5, 6))
    assert first.shape == (40, 40, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_dark_skin_is_darker_than_light_skin() -> None:
    brightness = [draw_lesion(np.random.default_rng(1), "NEV", 32, skin_type=kind).mean() for kind in range(1, 7)]
    assert brightness == sorted(brightness, reverse=True)
    assert brightness[0] > 2 * brightness[-1]


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="got 5 photos, expected at least 6"):
        write_synthetic(tmp_path / "few", photos=5)
    write_synthetic(tmp_path, photos=6, side_px=16)
    with pytest.raises(DataError, match="already holds a data set"):
        write_synthetic(tmp_path, photos=6, side_px=16)
    with pytest.raises(DataError, match="cannot draw 'WART': expected one of ACK"):
        draw_lesion(np.random.default_rng(0), "WART", 32)
